"""The card of an unhappy customer's case as Telegram's HTML: who, what they said, what is being done about it."""

from collections.abc import Mapping
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from babel.numbers import format_currency

from bot.reports import numbers
from bot.texts import Translator, translator
from bot.wording import files_text
from scheduler.closing import CaseCard
from scheduler.company import Company
from storage.money import decimals
from storage.statuses import CaseStatus, CaseStep

NO_LABELS: Mapping[str, str] = {}
COMMENT_SHOWN = 2_000  # characters: a card has to stay below what a message holds, escaped
MARK = {CaseStatus.OPEN: "🔴", CaseStatus.TAKEN: "🟠", CaseStatus.CONTACTED: "🟡", CaseStatus.RESOLVED: "✅"}


def card_text(card: CaseCard, company: Company, labels: Mapping[str, str] = NO_LABELS) -> str:
    """Everything that is known, in the company's language; nothing that a customer wrote can be taken for a tag.

    :param labels: of the reasons, by key; a key that the shop no longer has is shown as it is
    """
    _ = translator(company.language)
    lines = [
        _title(card, _),
        *_said(card, labels),
        *_files(card, company),
        "",
        *_facts(card, company, _),
        "",
        *_done(card, company.zone, _),
    ]
    return "\n".join(lines).strip()


def note_request(card: CaseCard, language: str) -> str:
    """What is asked of whoever resolved it, as plain text."""
    _ = translator(language)
    return _("Case {number} is resolved. What was done? Please reply to this message.").format(number=card.id)


def list_text(cards: list[CaseCard], total: int, company: Company) -> str:
    """The open cases in a line each, the oldest first, as plain text."""
    _ = translator(company.language)
    if not cards:
        return _("No case is open.")
    lines = [_("Open cases: {count}").format(count=total)]
    for card in cards:
        who = card.customer_name or card.customer
        owner = f", {card.owner_name}" if card.owner_name else ""
        lines.append(
            f"{MARK[card.status]} {card.id} · {card.score} · {who} · {_when(card.opened_at, company.zone)}{owner}"
        )
    return "\n".join(lines)


def _title(card: CaseCard, _: Translator) -> str:
    name = escape(card.customer_name) if card.customer_name else ""
    number = _("customer {number}").format(number=escape(card.customer))
    who = f"{name} ({number})" if name else number
    return f"{MARK[card.status]} <b>{card.score}</b> · <b>{who}</b>"


def _said(card: CaseCard, labels: Mapping[str, str]) -> list[str]:
    reasons = [escape("• " + " • ".join(labels.get(key, key) for key in card.reasons))] if card.reasons else []
    if not card.comment:
        return reasons
    shown = card.comment if len(card.comment) <= COMMENT_SHOWN else card.comment[:COMMENT_SHOWN] + "…"
    return [*reasons, f"«{escape(shown)}»"]


def _files(card: CaseCard, company: Company) -> list[str]:
    return [f"📎 {files_text(company.language, card.files)}"] if card.files else []


def _facts(card: CaseCard, company: Company, _: Translator) -> list[str]:
    lines = []
    if card.sale:
        about = [_("sale {number}").format(number=card.sale)]
        if card.sold_on:
            about.append(f"{card.sold_on:%d.%m.%Y}")
        if card.amount is not None and card.currency:
            amount = card.amount / 10 ** decimals(card.currency)
            about.append(format_currency(amount, card.currency, locale=company.language))
        about += [part for part in (card.store, card.manager) if part]
        lines.append(escape(" · ".join(about)))
    contact = [part for part in (card.phone, card.email, _("has the chat") if card.has_chat else None) if part]
    if contact:
        lines.append(_("Contact: {ways}").format(ways=escape(", ".join(contact))))
    if card.past:
        past = ", ".join(f"{one.score} ({numbers.day(company.language, one.day)})" for one in card.past)
        lines.append(_("Other scores: {scores}").format(scores=past))
    return lines


def _done(card: CaseCard, zone: ZoneInfo, _: Translator) -> list[str]:
    words = {
        CaseStep.OPENED: _("opened"),
        CaseStep.TAKEN: _("taken by {name}"),
        CaseStep.RELEASED: _("given back by {name}"),
        CaseStep.CONTACTED: _("customer contacted by {name}"),
        CaseStep.RESOLVED: _("resolved by {name}"),
    }
    lines = [
        f"{_when(step.at, zone)} {words[step.kind].format(name=escape(step.by_name or '—'))}"
        for step in card.steps
        if step.kind in words
    ]
    return lines[:1] + lines[1:][-6:] + ([f"<i>{escape(card.note)}</i>"] if card.note else [])


def _when(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d.%m %H:%M}"
