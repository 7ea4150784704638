"""The card of an unhappy customer's case as Telegram's HTML: who, what they said, what is being done about it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta
from babel.numbers import format_currency

from bot.reports import numbers
from bot.reports.case_customer import FACTS_SHOWN, NAME_SHOWN, called, contact_lines, is_erased
from bot.reports.case_words import step_words
from bot.telegram.lengths import fit
from bot.texts import Translator, quoted, translator
from bot.wording import files_text
from nps.score import Category, category
from scheduler.closing import CaseCard
from scheduler.company import Company
from scheduler.figures.recovery import Recovery
from storage.money import decimals
from storage.statuses import CaseStatus, CaseStep

NO_LABELS: Mapping[str, str] = {}
# UTF-16 units, so that a card stays below the 4,096 of a message whatever is in it.
COMMENT_SHOWN, NOTE_SHOWN, SAID_SHOWN = 1_200, 400, 300
STEPS_SHOWN, SAID_AT_ONCE = 6, 3
SHOWN_BELOW = (CaseStep.NOTED, CaseStep.ANSWERED, CaseStep.REPLIED)  # in their own words
MARK = {CaseStatus.OPEN: "🔴", CaseStatus.TAKEN: "🟠", CaseStatus.CONTACTED: "🟡", CaseStatus.RESOLVED: "✅"}


def card_text(card: CaseCard, company: Company, now: datetime, labels: Mapping[str, str] = NO_LABELS) -> str:
    """Everything that is known, in the company's language; nothing that a customer wrote can be taken for a tag.

    :param now: from which its age is counted
    :param labels: of the reasons, by key; a key that the shop no longer has is shown as it is
    """
    _ = translator(company.language)
    lines = [
        _title(card, _), *_standing(card, company, now),
        *_doubt(card, _), *_said(card, labels, company.language), *_files(card, company), "",
        *_facts(card, company, _), "",
        *_done(card, company.zone, _), *_written(card, company),
    ]  # fmt: skip
    return "\n".join(lines).strip()


def note_request(card: CaseCard, language: str) -> str:
    """What is asked of whoever resolved it, as plain text."""
    _ = translator(language)
    return _("Case {number} is resolved. What was done? Please reply to this message.").format(number=card.id)


def list_text(cards: list[CaseCard], total: int, company: Company, now: datetime) -> str:
    """The open cases in a line each, the oldest first, as plain text."""
    _ = translator(company.language)
    if not cards:
        return _("No case is open.")
    lines = [_("Open cases: {count}").format(count=total)]
    for card in cards:
        who = called(card, _) if is_erased(card) or not card.customer_name else fit(card.customer_name, NAME_SHOWN)
        case, score = _("No. {number}").format(number=card.id), _("score {score}").format(score=_score(card))
        parts = [f"{case} · {score} · {who}", age(card.opened_at, now, company.language)]
        parts += [fit(card.owner_name, NAME_SHOWN)] if card.owner_name else []
        is_put_off = card.snoozed_until is not None and card.snoozed_until > now
        mark = "💤" if is_put_off else "⏰" if card.reminded_at else _mark(card)
        lines.append(f"{mark} {', '.join(parts)}")
    return "\n".join(lines)


def recovery_text(recovery: Recovery, language: str) -> str:
    """How many of those whose case was resolved are happier now; empty where no case was resolved in a year."""
    _ = translator(language)
    if not recovery.resolved:
        return ""
    told = _("Recovery in a year: {recovered} of {answered} who answered again are happier ({resolved} resolved).")
    return told.format(recovered=recovery.recovered, answered=recovery.answered, resolved=recovery.resolved)


def title_text(card: CaseCard, company: Company) -> str:
    """Its number, its customer and their score, as HTML."""
    return _title(card, translator(company.language))


def age(since: datetime, now: datetime, language: str) -> str:
    """How long ago: 3 hours, 2 days."""
    if now - since < timedelta(minutes=1):
        return translator(language)("less than a minute")
    return format_timedelta(now - since, granularity="minute", locale=language)


def _title(card: CaseCard, _: Translator) -> str:
    case = _("No. {number}").format(number=card.id)
    return f"{_mark(card)} <b>{_score(card)}</b> · <b>{escape(called(card, _))}</b> · {case}"


def _mark(card: CaseCard) -> str:
    is_happier = card.status is CaseStatus.OPEN and category(card.score) is not Category.DETRACTOR
    return "⚪" if is_happier else MARK[card.status]


def _score(card: CaseCard) -> str:
    """With the one that opened the case, where that was another."""
    changed = card.opened_score is not None and card.opened_score != card.score
    return f"{card.opened_score} → {card.score}" if changed else str(card.score)


def _standing(card: CaseCard, company: Company, now: datetime) -> list[str]:
    """How old it is, and whether anybody waits for something."""
    _ = translator(company.language)
    if card.status is CaseStatus.RESOLVED:
        return [] if card.note else [_("A note on what was done is still missing.")]
    parts = [_("Open for {age}").format(age=age(card.opened_at, now, company.language))]
    if card.snoozed_until is not None and card.snoozed_until > now:
        parts.append(_("💤 put off until {moment}").format(moment=_when(card.snoozed_until, company.zone)))
    elif card.reminded_at is not None:
        parts.append(_("⏰ overdue"))
    return [" · ".join(parts)]


def _doubt(card: CaseCard, _: Translator) -> list[str]:
    return (
        [_("⚠️ This answer may not be the customer's own: it came too fast or by a program.")]
        if card.is_doubtful
        else []
    )


def _said(card: CaseCard, labels: Mapping[str, str], language: str) -> list[str]:
    reasons = [escape("• " + " • ".join(labels.get(key, key) for key in card.reasons))] if card.reasons else []
    if not card.comment:
        return reasons
    return [*reasons, quoted(escape(fit(card.comment, COMMENT_SHOWN)), language)]


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
        lines.append(escape(fit(" · ".join(about), FACTS_SHOWN)))
    if card.status is not CaseStatus.RESOLVED or card.phone or card.email or card.has_chat:
        lines += contact_lines(card, _)
    if card.past:
        past = ", ".join(f"{one.score} ({numbers.day(company.language, one.day)})" for one in card.past)
        lines.append(_("Other scores: {scores}").format(scores=past))
    return lines


def _done(card: CaseCard, zone: ZoneInfo, _: Translator) -> list[str]:
    lines = [
        f"{_when(step.at, zone)} {step_words(step, _).format(name=_name(step.by_name), other=_name(step.text))}"
        for step in card.steps
        if step.kind not in SHOWN_BELOW
    ]
    notes = [step.text for step in card.steps if step.kind is CaseStep.NOTED and step.text]
    before = "" if card.note else _("Earlier note:") + " "
    kept = [f"{before}<i>{escape(fit(note, NOTE_SHOWN))}</i>" for note in notes[-1:]]
    return lines[:1] + lines[1:][-STEPS_SHOWN:] + kept


def _written(card: CaseCard, company: Company) -> list[str]:
    """What the shop and the customer wrote to each other last."""
    said = [step for step in card.steps if step.kind in (CaseStep.ANSWERED, CaseStep.REPLIED) and step.text]
    lines = []
    for step in said[-SAID_AT_ONCE:]:
        who = f"➡️ {_name(step.by_name)}:" if step.kind is CaseStep.ANSWERED else "⬅️"
        words = quoted(escape(fit(step.text or "", SAID_SHOWN)), company.language)
        lines.append(f"{_when(step.at, company.zone)} {who} {words}")
    return ["", *lines] if lines else []


def _name(name: str | None) -> str:
    return escape(fit(name or "—", NAME_SHOWN))


def _when(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d.%m %H:%M}"
