"""The buttons under a digest: other views of its week, shown in its place; in a channel, links into the bot's chat."""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from telegram import Chat, InlineKeyboardButton, InlineKeyboardMarkup

from bot.texts import translator
from scheduler.figures.periods import NotAWeek, Week

DIGEST = "d:"  # of the data of the buttons: d:2026-W47:VIEW, of a store d:2026-W47:VIEW:MARK
_WRITTEN = re.compile(r"d[:-](\d{4}-W\d{2})[:-]([a-z]+)(?:[:-]([0-9a-f]{10}))?")


class View(StrEnum):
    """What can be looked at."""

    WEEK = "week"  # the digest itself
    WEEKS = "weeks"  # the last four
    SPLIT = "split"  # by store; of a store, by manager
    CASES = "cases"  # that are open


@dataclass(frozen=True)
class DigestSubject:
    """What a digest is about."""

    week: Week
    store: str | None = None


def digest_buttons(subject: DigestSubject, language: str, chat_type: str, bot_name: str) -> InlineKeyboardMarkup:
    """As they stand under the digest in a chat of this type."""
    if chat_type == Chat.CHANNEL:
        return digest_links(subject, language, bot_name)
    return digest_tabs(subject, language, View.WEEK)


def digest_tabs(subject: DigestSubject, language: str, shown: View) -> InlineKeyboardMarkup:
    """The views but the one that is shown: a tap puts another in its place."""
    buttons = [
        InlineKeyboardButton(words, callback_data=_data(subject, view, ":"))
        for view, words in _words(subject, language).items()
        if view is not shown
    ]
    return InlineKeyboardMarkup([buttons[:2], buttons[2:]])


def digest_links(subject: DigestSubject, language: str, bot_name: str) -> InlineKeyboardMarkup:
    """Who taps a channel's button is nobody: the bot's own chat knows who comes."""
    buttons = [
        InlineKeyboardButton(words, url=f"https://t.me/{bot_name}?start={_data(subject, view, '-')}")
        for view, words in _words(subject, language).items()
        if view is not View.WEEK
    ]
    return InlineKeyboardMarkup([buttons[:2], buttons[2:]])


def read_digest_button(data: str, stores: Collection[str]) -> tuple[DigestSubject, View] | None:
    """What a button or link names; None: none of ours, or of a store that has no digest any more."""
    found = _WRITTEN.fullmatch(data)
    store = next((one for one in stores if found and found[3] == _mark(one)), None)
    if found is None or (found[3] and store is None):
        return None
    try:
        return DigestSubject(Week.parse(found[1]), store), View(found[2])
    except (NotAWeek, ValueError):
        return None


def _words(subject: DigestSubject, language: str) -> dict[View, str]:
    _ = translator(language)
    return {
        View.WEEK: _("The week"),
        View.WEEKS: _("Last four weeks"),
        View.SPLIT: _("By manager") if subject.store else _("By store"),
        View.CASES: _("Open cases"),
    }


def _data(subject: DigestSubject, view: View, separator: str) -> str:
    parts = ["d", str(subject.week), view.value, *([_mark(subject.store)] if subject.store else [])]
    return separator.join(parts)


def _mark(store: str) -> str:
    """A store's name may be longer than a button's data."""
    return hashlib.sha256(store.encode()).hexdigest()[:10]
