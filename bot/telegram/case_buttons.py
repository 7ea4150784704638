"""The buttons of a case's card, and what they carry: c:CASE:ACTION, or c:CASE:ACTION:MORE."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.reports.case_customer import is_erased
from bot.texts import translator
from scheduler.closing import CaseCard
from storage.statuses import CaseStatus

PREFIX = "c:"
SNOOZES = ("1h", "morning", "3d")
MOST_PEOPLE = 30
WITH_MORE = ("to", "snooze")  # actions that carry whom or until when; the others carry nothing more


@dataclass(frozen=True)
class CaseTap:
    """A tapped button, as it claims to be."""

    case_id: int
    action: str
    more: str


def case_keyboard(card: CaseCard, language: str) -> InlineKeyboardMarkup:
    """What can be done next."""
    _ = translator(language)
    words = {
        "take": _("I'll take it"),
        "contact": _("Contacted"),
        "resolve": _("Resolved"),
        "release": _("Give back"),
        "reopen": _("Open again"),
    }
    actions = {
        CaseStatus.OPEN: ("take", "contact", "resolve"),
        CaseStatus.TAKEN: ("contact", "resolve", "release"),
        CaseStatus.CONTACTED: ("resolve",),
        CaseStatus.RESOLVED: ("reopen",),
    }[card.status]
    if is_erased(card) and card.status is not CaseStatus.RESOLVED:
        return _keyboard(card.id, [{"resolve": words["resolve"]}])
    rows = [{one: words[one] for one in actions}]
    if card.status is not CaseStatus.RESOLVED:
        rows.append({"who": _("Hand over…"), "later": _("Later…")})
    if card.files:
        rows.append({"files": _("Show the file") if len(card.files) == 1 else _("Show the files")})
    return _keyboard(card.id, rows)


def people_keyboard(case_id: int, people: Mapping[str, str], language: str) -> InlineKeyboardMarkup:
    """To whom a case can be handed over: {user id: name}."""
    named = list(people.items())[:MOST_PEOPLE]
    rows = [{f"to:{one}": name for one, name in named[start : start + 2]} for start in range(0, len(named), 2)]
    return _keyboard(case_id, [*rows, _back(language)])


def snooze_keyboard(case_id: int, language: str) -> InlineKeyboardMarkup:
    """Until when nobody is to be reminded."""
    _ = translator(language)
    words = (_("In an hour"), _("Tomorrow morning"), _("In 3 days"))
    return _keyboard(
        case_id,
        [{f"snooze:{one}": word for one, word in zip(SNOOZES, words, strict=True)}, _back(language)],
    )


def read_case_tap(data: str | None) -> CaseTap | None:
    """None where it is no button of a card."""
    prefix, _, rest = (data or "").partition(":")
    number, _, rest = rest.partition(":")
    action, _, more = rest.partition(":")
    is_case = f"{prefix}:" == PREFIX and number.isascii() and number.isdecimal() and len(number) < 18
    is_whole = bool(more) == (action in WITH_MORE) and not rest.endswith(":")
    return CaseTap(int(number), action, more) if is_case and action and is_whole else None


def _back(language: str) -> dict[str, str]:
    _ = translator(language)
    return {"menu": _("« Back")}


def _keyboard(case_id: int, rows: Sequence[Mapping[str, str]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(word, callback_data=f"{PREFIX}{case_id}:{action}") for action, word in row.items()]
            for row in rows
        ]
    )
