"""Whom a case is about and how they are reached, as its card says it; who was erased has no name and no way."""

from html import escape

from bot.telegram.lengths import fit
from bot.texts import Translator
from scheduler.closing import CaseCard
from storage.erasing import ERASED

FACTS_SHOWN, NAME_SHOWN = 600, 80  # UTF-16 units


def is_erased(card: CaseCard) -> bool:
    """Whether the customer had everything about them erased."""
    return card.customer.startswith(ERASED)


def called(card: CaseCard, _: Translator) -> str:
    """Name and number, as plain text."""
    if is_erased(card):
        return _("customer erased at their own request")
    number = _("customer {number}").format(number=fit(card.customer, NAME_SHOWN))
    return f"{fit(card.customer_name, NAME_SHOWN)} ({number})" if card.customer_name else number


def contact_lines(card: CaseCard, _: Translator) -> list[str]:
    """How they are reached, as HTML."""
    contact = [part for part in (card.phone, card.email, _("Telegram chat") if card.has_chat else None) if part]
    if not contact:
        return [_("There is no way to reach them: nothing is left to do but to resolve the case.")]
    lines = [_("Contact: {ways}").format(ways=escape(fit(", ".join(contact), FACTS_SHOWN)))]
    if card.has_chat or card.email:
        lines.append(f"<i>{_('Reply to this message, and the customer gets your words.')}</i>")
    return lines
