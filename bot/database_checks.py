"""What the database tells of a run: whether it can be used, what is paused, what waits for a person."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.config import Settings
from bot.reports.trouble import trouble_line
from bot.texts import Translator
from scheduler.troubles import find_current
from storage import mailbox
from storage.database import Connection, Database, DatabaseUnavailable
from storage.episodes import Trouble
from storage.leftovers import Leftovers, count_leftovers
from storage.pauses import Paused, read_pause
from storage.statuses import AddressKind, LetterKind
from storage.stores import unknown_stores

Found = tuple[str, bool, str]  # the check's name, whether it is well, what was found


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What was read at once."""

    paused: Paused | None
    misspelt: Sequence[str]  # stores that no sale names
    troubles: Sequence[Trouble]
    leftovers: Leftovers
    unreadable: int  # letters


async def check_database(settings: Settings, _: Translator) -> AsyncIterator[Found]:
    """Tries it, then what it tells."""
    try:
        database = Database(settings.database.url)
    except DatabaseUnavailable as error:
        yield "database", False, str(error)
        return
    try:
        await database.require_schema()
        async with database.read() as connection:
            told = await _read(connection, settings)
    except DatabaseUnavailable as error:
        yield "database", False, str(error)
        return
    finally:
        await database.close()
    yield "database", True, str(database.path or database.shown)
    for found in _judge(told, settings, _):
        yield found


async def _read(connection: Connection, settings: Settings) -> _Told:
    return _Told(
        paused=await read_pause(connection),
        misspelt=await unknown_stores(connection, list(settings.digest.store_chats)),
        troubles=await find_current(connection, datetime.now(UTC)),
        leftovers=await count_leftovers(connection),
        unreadable=(await mailbox.count_letters(connection)).get(LetterKind.UNREADABLE, 0),
    )


def _judge(told: _Told, settings: Settings, _: Translator) -> Iterator[Found]:
    if told.paused is not None:
        advice = _(
            "{name} paused all questions: `molva campaigns resume --all`, or /resume in the chat, lets them go out"
        )
        yield "pause", False, advice.format(name=told.paused.by or "?")
    if told.misspelt:
        advice = _("no sale names the store {stores}: write digest.store_chats as your sales do")
        yield "stores", False, advice.format(stores=", ".join(told.misspelt))
    for name, channel in (("letters", AddressKind.EMAIL), ("questions", AddressKind.TELEGRAM)):
        if lines := [trouble_line(one, settings.company) for one in told.troubles if one.channel == channel]:
            yield name, False, "; ".join(lines)
    yield _judge_leftovers(told.leftovers, told.unreadable, _)


def _judge_leftovers(left: Leftovers, unreadable: int, _: Translator) -> Found:
    dead = left.dead_updates + left.dead_messages
    detail = _("{updates} updates and {messages} messages failed for good; {unknown} deliveries are unknown").format(
        updates=left.dead_updates, messages=left.dead_messages, unknown=left.unknown_deliveries
    )
    if left.unknown_deliveries:
        detail += _(": `molva send --resend-unknown` sends once more what may still go")
    if dead:
        detail += _("; `molva updates list` and `molva messages list` show what failed, `replay` tries it again")
    if unreadable:
        detail += _("; {count} letters in the mailbox could not be read: they are there still, unread").format(
            count=unreadable
        )
    return "dead_letters", not dead, detail
