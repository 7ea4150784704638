"""What each button of a card does."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from telegram import CallbackQuery, InlineKeyboardMarkup

from bot.reports.case_card import note_request
from bot.telegram import CHANNEL
from bot.telegram.case_buttons import CaseTap, case_keyboard, people_keyboard, snooze_keyboard
from bot.telegram.staff import person
from bot.telegram.turn import Turn
from scheduler import closing
from scheduler.asking.policy import Policy
from scheduler.asking.windows import next_open
from scheduler.carding import Notice, card_key, queue_files, queue_notice
from scheduler.closing import CaseMoved, Person
from scheduler.outbox import MessageKind, queue_message
from storage import staff_names
from storage.statuses import CaseStatus

NOTE_KEY = "case_note:"  # of the messages that ask for a note


class NobodyElse(Exception):
    """There is nobody to hand it over to whose name is known."""


class NothingToShow(Exception):
    """No file came with the answer, or none is kept any more."""


class DeadButton(Exception):
    """It says what no button of ours says."""


async def act(turn: Turn, query: CallbackQuery, tap: CaseTap) -> None:
    """Does what the button says.

    :raises NoSuchCase, CaseMoved: see `scheduler.closing`
    :raises NobodyElse, NothingToShow, DeadButton: as they say
    """
    action = ACTIONS.get(tap.action)
    if action is None:
        raise DeadButton
    await action(turn, query, tap)


async def _take(turn: Turn, query: CallbackQuery, tap: CaseTap) -> None:
    await closing.take(turn.connection, tap.case_id, person(query.from_user), turn.now)


async def _contact(turn: Turn, query: CallbackQuery, tap: CaseTap) -> None:
    await closing.contact(turn.connection, tap.case_id, person(query.from_user), turn.now)


async def _release(turn: Turn, query: CallbackQuery, tap: CaseTap) -> None:
    await closing.release(turn.connection, tap.case_id, person(query.from_user), turn.now)


async def _resolve(turn: Turn, query: CallbackQuery, tap: CaseTap) -> None:
    await closing.resolve(turn.connection, turn.policy, tap.case_id, person(query.from_user), turn.now)
    text = note_request(await closing.card_of(turn.connection, tap.case_id), turn.company.language)
    await queue_message(
        turn.connection, key=f"{NOTE_KEY}{tap.case_id}:{turn.cause}", kind=MessageKind.CASE_NOTE, channel=CHANNEL,
        target=turn.chat, payload={"text": text, "topic": turn.topic}, now=turn.now,
    )  # fmt: skip


async def _reopen(turn: Turn, query: CallbackQuery, tap: CaseTap) -> None:
    await closing.reopen(turn.connection, tap.case_id, person(query.from_user), turn.now)


async def _offer_people(turn: Turn, query: CallbackQuery, tap: CaseTap) -> None:
    card = await closing.card_of(turn.connection, tap.case_id)
    if card.status is CaseStatus.RESOLVED:
        raise CaseMoved
    has_it = card.owner or str(query.from_user.id)
    ids = [str(one) for one in turn.staff.closers if str(one) != has_it]
    people = await staff_names.names_of(turn.connection, ids)
    if not people:
        raise NobodyElse
    await _show(turn, query, tap, people_keyboard(tap.case_id, people, turn.company.language))


async def _hand_over(turn: Turn, query: CallbackQuery, tap: CaseTap) -> None:
    ids = [str(one) for one in turn.staff.closers if str(one) == tap.more]
    names = await staff_names.names_of(turn.connection, ids)
    if tap.more not in names:
        raise DeadButton
    to, by = Person(id=tap.more, name=names[tap.more]), person(query.from_user)
    is_new = await closing.hand_over(turn.connection, tap.case_id, to, by, turn.now)
    if is_new and to.id != by.id:
        await queue_notice(
            turn.connection, tap.case_id, Notice.HANDED, cause=turn.cause, channel=CHANNEL, now=turn.now
        )  # fmt: skip


async def _offer_times(turn: Turn, query: CallbackQuery, tap: CaseTap) -> None:
    card = await closing.card_of(turn.connection, tap.case_id)
    if card.status is CaseStatus.RESOLVED:
        raise CaseMoved
    await _show(turn, query, tap, snooze_keyboard(tap.case_id, turn.company.language))


async def _snooze(turn: Turn, query: CallbackQuery, tap: CaseTap) -> None:
    until = snoozed_until(tap.more, turn.rules.working(turn.policy), turn.company.zone, turn.now)
    if until is None:
        raise DeadButton
    await closing.snooze(turn.connection, tap.case_id, until, person(query.from_user), turn.now)


async def _show_files(turn: Turn, query: CallbackQuery, tap: CaseTap) -> None:
    await closing.card_of(turn.connection, tap.case_id)
    if not await queue_files(turn.connection, tap.case_id, cause=turn.cause, channel=CHANNEL, now=turn.now):
        raise NothingToShow


async def _menu(turn: Turn, query: CallbackQuery, tap: CaseTap) -> None:
    card = await closing.card_of(turn.connection, tap.case_id)
    await _show(turn, query, tap, case_keyboard(card, turn.company.language))


async def _show(turn: Turn, query: CallbackQuery, tap: CaseTap, keyboard: InlineKeyboardMarkup) -> None:
    """Other buttons under the same card; its key still tells whose card it is."""
    if query.message is not None:
        key = f"{card_key(tap.case_id)}menu:{turn.cause}"
        await turn.edit(query.message.message_id, None, keyboard, key=key)


def snoozed_until(choice: str, working: Policy, zone: ZoneInfo, now: datetime) -> datetime | None:
    """A moment within working hours; None: no such choice."""
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    begins = {
        "1h": now + timedelta(hours=1),
        "morning": midnight + timedelta(days=1),
        "3d": midnight + timedelta(days=3),
    }
    return next_open(working, zone, begins[choice]) if choice in begins else None


ACTIONS: Mapping[str, Callable[[Turn, CallbackQuery, CaseTap], Awaitable[None]]] = {
    "take": _take,
    "contact": _contact,
    "release": _release,
    "resolve": _resolve,
    "reopen": _reopen,
    "who": _offer_people,
    "to": _hand_over,
    "later": _offer_times,
    "snooze": _snooze,
    "files": _show_files,
    "menu": _menu,
}
