"""The keyboard of the eleven scores with the two ways out, and what its buttons carry."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.texts import translator
from nps.score import SCORES

ROW = 6  # eleven go as six and five: Telegram shows at most eight in a row
CHOSEN = "✓"
PLACE = "(token)"  # where a prepared keyboard takes its token; no token looks like it
PREVIEW = "preview"  # in place of a token: the buttons of a question that was only shown to staff
NOT_NOW, NEVER = "n:", "x:"  # begin the data of the ways out: n:TOKEN, x:TOKEN
REASON = "r:"  # of a reason's: r:TOKEN:KEY
SECOND = "q:"  # of a second question's choices: q:TOKEN:CHOICE
WRITE = "w:"  # of a score that staff write down: w:CUSTOMER, w:CUSTOMER:N
SHORT = 16  # characters: two such buttons fit beside each other


@dataclass(frozen=True)
class Tap:
    """A tapped button, as it claims to be: anybody can forge one."""

    token: str
    score: str


def score_keyboard(token: str, chosen: int | None = None) -> InlineKeyboardMarkup:
    """0 to 10, the chosen one marked; the others stay, so that the score can be changed."""
    buttons = [
        InlineKeyboardButton(f"{CHOSEN} {score}" if score == chosen else str(score), callback_data=f"s:{token}:{score}")
        for score in SCORES
    ]
    return InlineKeyboardMarkup([buttons[:ROW], buttons[ROW:]])


def question_keyboard(token: str, language: str) -> InlineKeyboardMarkup:
    """The scores, and under them the two ways out."""
    _ = translator(language)
    ways_out = (
        InlineKeyboardButton(_("Not now"), callback_data=f"{NOT_NOW}{token}"),
        InlineKeyboardButton(_("Don't ask again"), callback_data=f"{NEVER}{token}"),
    )
    return InlineKeyboardMarkup([*score_keyboard(token).inline_keyboard, ways_out])


def question_markup(token: str, language: str) -> str:
    """The same as the Bot API takes it, in JSON, made by filling in the token alone.

    :param token: URL-safe, as every invitation's is
    """
    return _question_form(language).replace(PLACE, token)


@cache
def _question_form(language: str) -> str:
    return question_keyboard(PLACE, language).to_json()


def reason_keyboard(token: str, labels: Mapping[str, str], ticked: Collection[str]) -> InlineKeyboardMarkup | None:
    """A button for each reason ({key: label}), the chosen ones ticked; None: there are none."""
    rows = _marked_rows(f"{REASON}{token}:", labels, ticked)
    return InlineKeyboardMarkup(rows) if rows else None


def second_keyboard(token: str, labels: Mapping[str, str], chosen: str | None = None) -> InlineKeyboardMarkup:
    """A button for each choice ({key: label}) of a second question, the chosen one marked; the others stay."""
    return InlineKeyboardMarkup(_marked_rows(f"{SECOND}{token}:", labels, () if chosen is None else (chosen,)))


def read_tap(data: str | None) -> Tap | None:
    """`s:TOKEN:SCORE` taken apart; None where it is no button of this keyboard."""
    parts = (data or "").split(":")
    return Tap(token=parts[1], score=parts[2]) if len(parts) == 3 and parts[0] == "s" else None


def _marked_rows(prefix: str, labels: Mapping[str, str], marked: Collection[str]) -> list[list[InlineKeyboardButton]]:
    buttons = [
        InlineKeyboardButton(f"{CHOSEN} {label}" if key in marked else label, callback_data=f"{prefix}{key}")
        for key, label in labels.items()
    ]
    wide = 2 if all(len(label) <= SHORT for label in labels.values()) else 1
    return [buttons[start : start + wide] for start in range(0, len(buttons), wide)]
