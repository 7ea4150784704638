"""What is said about a case under its card, as Telegram's HTML."""

from datetime import datetime
from html import escape

from bot.reports.case_card import age, title_text
from bot.telegram.lengths import fit
from bot.texts import quoted, translator
from scheduler.carding import Notice
from scheduler.closing import CaseCard
from scheduler.company import Company
from storage.statuses import CaseStatus

SAID_SHOWN = 3_000  # UTF-16 units
NAME_SHOWN = 80


def notice_text(
    card: CaseCard, what: Notice, company: Company, now: datetime, *, said: str | None = None, why: str | None = None
) -> str:
    """
    :param said: what the customer wrote; None: it was erased since
    :param why: the channel's short word for why an answer was lost
    """
    _ = translator(company.language)
    return "\n".join(
        [
            _headline(card, what, company, now),
            title_text(card, company),
            *_more(card, what, said, why, company.language),
        ]
    )


def _headline(card: CaseCard, what: Notice, company: Company, now: datetime) -> str:
    _ = translator(company.language)
    open_for = age(card.opened_at, now, company.language)
    return {
        Notice.OVERDUE: _("⏰ Overdue: the case has been open for {age}.").format(age=open_for),
        Notice.ESCALATED: _("🚨 Still not resolved: the case has been open for {age}.").format(age=open_for),
        Notice.CALLED_BACK: _("⏰ The case was put off until now."),
        Notice.HANDED: _("👤 {owner}, the case is yours now.").format(owner=mention(card)),
        Notice.REPLIED: _("✉️ The customer has written back:"),
        Notice.WORSE: _("❗ The customer is unhappy again: the case is open once more."),
        Notice.LOST: _("⚠️ Your answer did not reach the customer."),
    }[what]


def _more(card: CaseCard, what: Notice, said: str | None, why: str | None, language: str) -> list[str]:
    _ = translator(language)
    if what is Notice.HANDED:
        return []
    if what is Notice.REPLIED:
        words = [quoted(escape(fit(said, SAID_SHOWN)), language)] if said else []
        reply = _("Reply to this message, and the customer gets your words.")
        is_resolved = card.status is CaseStatus.RESOLVED
        return [*words, *([_("The case was resolved before.")] if is_resolved else []), f"<i>{reply}</i>"]
    if what is Notice.WORSE and card.comment:
        return [quoted(escape(fit(card.comment, SAID_SHOWN)), language)]
    if what is Notice.LOST:
        reasons = {
            "blocked": _("They have blocked the bot."),
            "no_chat": _("Their chat can no longer be found."),
            "bounced": _("Their e-mail address does not work."),
        }
        phone = [_("Their phone: {phone}").format(phone=escape(card.phone))] if card.phone else []
        return [*([reasons[why]] if why in reasons else []), *phone]
    if card.owner_name:
        return [_("Seen to by {owner}.").format(owner=mention(card))]
    return [_("Nobody has taken it yet.")]


def gone_text(language: str, *, is_erased: bool) -> str:
    """What is said in place of a customer's file, as plain text."""
    _ = translator(language)
    if is_erased:
        return _("The file can no longer be shown: the customer had everything about them erased.")
    return _("The file can no longer be shown: the customer has deleted the message, or their chat is gone.")


def mention(card: CaseCard) -> str:
    """Who sees to it, so that Telegram tells them."""
    name = escape(fit(card.owner_name or "—", NAME_SHOWN))
    is_person = (card.owner or "").isdecimal()
    return f'<a href="tg://user?id={card.owner}">{name}</a>' if is_person else name
