"""Messages to staff and customers: written in the transaction of their cause, told until they are there."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from time import monotonic
from typing import Any

from scheduler.channel import Message, Notifier, TryLater, Undeliverable
from scheduler.troubles import CHANNEL_PAUSE, note_refusal
from storage import outbox, rates
from storage.database import Connection, Database
from storage.outbox import LeasedMessage
from storage.superseding import drop_superseded

MOST_ATTEMPTS = 10
AT_ONCE = 8  # targets told in parallel
LEASE = timedelta(seconds=30)  # renewed while telling; a message whose process died is told again after it
PATIENCE = timedelta(seconds=150)  # of one telling: a mail server may look at a letter for two minutes
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=6)  # tripled each time: fifteen hours in all

log = logging.getLogger(__name__)


class MessageKind(StrEnum):
    """What a message is; its payload is plain data that the notifier words."""

    DIGEST = "digest"  # the figures of a week, to staff: week, as_of
    FOLLOW_UP = "follow_up"  # after a score: thanks, and why it was given
    CHOICE = "choice"  # shows in the asked message which score was chosen
    CASE_CARD = "case_card"  # an unhappy customer's case as it stands: case
    ANSWER = "answer"  # what the shop's staff write to a customer: text, language; by letter also token, thread
    CASE_NOTICE = "case_notice"  # something to be said about a case: case, what
    CASE_FILE = "case_file"  # the message with which a customer sent a file, copied: case, chat, file
    CASE_NOTE = "case_note"  # asks staff how a case was resolved; words that were settled when it was queued
    TEXT = "text"  # words that were settled when it was queued
    FILE = "file"  # a text as a file: name, text, caption
    MENU = "menu"  # the commands that staff are offered in their private chat: commands
    EDIT = "edit"  # such words in place of a message's own


EDITS = (MessageKind.CHOICE, MessageKind.EDIT)  # message_id, text (None: the words stay as they are)


@dataclass(frozen=True)
class Told:
    """What came of one round, in messages."""

    sent: int = 0
    deferred: int = 0
    dead: int = 0

    def __add__(self, other: "Told") -> "Told":
        return Told(self.sent + other.sent, self.deferred + other.deferred, self.dead + other.dead)


async def queue_message(
    connection: Connection, *, key: str, kind: MessageKind, channel: str, target: str, payload: dict[str, Any],
    now: datetime,
) -> bool:  # fmt: skip
    """Queues a message in the transaction of its cause; False: this cause has written its message already.

    An edit takes the place of those that still wait for the same message: who taps fast makes one of it.
    """
    is_new = await outbox.add_message(
        connection, key=key, kind=kind, channel=channel, target=target, payload=payload, now=now
    )
    if is_new and kind in EDITS:
        await drop_superseded(
            connection, key=key, kinds=EDITS, channel=channel, target=target, message_id=payload["message_id"],
            is_whole=payload["text"] is not None,
        )  # fmt: skip
    return is_new


async def tell_due(
    database: Database, notifiers: Mapping[str, Notifier], now: datetime, *, stopping: asyncio.Event | None = None
) -> Told:
    """Tells everything that is due at `now` on these channels: one target's messages in order, targets in parallel.

    No transaction is open while telling. A message whose process dies is told again once its lease is over.
    Once `stopping` is set, what is being told is told to its end, and nothing more is begun.
    """
    if not notifiers:
        return Told()
    teller = _Teller(database, notifiers, now, stopping or asyncio.Event())
    async with database.begin() as connection:
        first = await teller.lease(connection, AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for message in first:
            group.create_task(teller.tell_on_from(message))
    return teller.told


def wait_after(attempts: int) -> timedelta:
    """How long a message waits after so many failures, one at least: 10 s, 30 s, 90 s … 6 h."""
    tripled: int = 3 ** (attempts - 1)
    return min(FIRST_WAIT * tripled, LONGEST_WAIT)


def is_counted(error: TryLater) -> bool:
    """Whether a failure uses up a try of its message: a server that is away is not the message's fault."""
    return error.is_doubtful or not error.whole_channel


def _in_words(error: Undeliverable | TryLater) -> str:
    """Our short word, and what the other side said."""
    return f"{error.reason}: {error.said}" if error.said else error.reason


def reason_of(error: str | None) -> str:
    """Our short word alone, of what is written down about a message."""
    return (error or "").partition(":")[0]


@dataclass(frozen=True)
class _Turn:
    """A leased message, and how long its slot is away."""

    message: LeasedMessage
    wait: float  # seconds


class _Teller:
    """One round of telling."""

    def __init__(
        self, database: Database, notifiers: Mapping[str, Notifier], now: datetime, stopping: asyncio.Event
    ) -> None:
        self.database, self.notifiers, self.now, self.stopping = database, notifiers, now, stopping
        self.started = monotonic()
        self.told = Told()

    async def lease(self, connection: Connection, limit: int) -> list[_Turn]:
        at = self._at()  # due by the caller's moment, though, so that a round ends
        free = [name for name in self.notifiers if not await rates.is_paused(connection, name)]
        leased = await outbox.lease_due(connection, channels=free, limit=limit, now=self.now, at=at, until=at + LEASE)
        turns = []
        for message in leased:
            wait = await self._wait_of_target(connection, message)
            if wait:
                await outbox.hold(connection, message.id, due_at=max(at, self.now) + timedelta(seconds=wait))
            else:
                turns.append(_Turn(message, await self._reserve(connection, message.channel)))
        return turns if turns or not leased else await self.lease(connection, limit)

    async def _wait_of_target(self, connection: Connection, message: LeasedMessage) -> float:
        """Seconds until the target may hear of something again; meanwhile others are told."""
        pace = self.notifiers[message.channel].pace_of(message.target)
        if pace is None:
            return 0.0
        resource = f"{message.channel}{rates.CHAT}{pace.of or message.target}"
        return await rates.take_paced(connection, resource, every=pace.every, burst=pace.burst)

    async def _reserve(self, connection: Connection, channel: str) -> float:
        """Seconds to wait. Messages go before questions: they take their slots from the shared rate without asking,
        so that the questions yield, and wait only for one another."""
        per_second = self.notifiers[channel].rate_per_second
        await rates.take_slots(connection, channel, per_second, 1)
        return await rates.take_slots(connection, f"{channel}:messages", per_second, 1)

    async def tell_on_from(self, first: _Turn) -> None:
        """Tells one message after the other until none is due, or until it is told to stop."""
        turns = [first]
        while turns:
            message, failure = turns[0].message, None
            await asyncio.sleep(turns[0].wait)
            try:
                reference = await self._tell(message)
            except (Undeliverable, TryLater) as error:
                failure = error
            async with self.database.begin() as connection:
                if failure is None:
                    await outbox.mark_sent(connection, message.id, reference=reference, now=self.now)
                    self.told += Told(sent=1)
                else:
                    settled = await self._settle_failure(connection, message, failure)
                    self.told += settled  # read after the wait: others count meanwhile
                turns = [] if self.stopping.is_set() else await self.lease(connection, 1)

    async def _tell(self, leased: LeasedMessage) -> str:
        message = Message(kind=leased.kind, key=leased.key, target=leased.target, payload=leased.payload)
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()), self._held(leased):
                return await self.notifiers[leased.channel].tell(message)
        except (Undeliverable, TryLater):
            raise
        except Exception as error:  # one message that cannot be worded must not silence all others
            log.exception("message %d (%s) could not be told", leased.id, leased.kind)
            raise TryLater(f"{type(error).__name__}: {error}") from error

    @asynccontextmanager
    async def _held(self, leased: LeasedMessage) -> AsyncIterator[None]:
        renewing = asyncio.create_task(self._renew(leased))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, leased: LeasedMessage) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            async with self.database.begin() as connection:
                await outbox.renew_lease(connection, leased.id, until=self._at() + LEASE)

    def _at(self) -> datetime:
        """The moment that it really is, by the caller's clock: a round may take minutes."""
        return self.now + timedelta(seconds=monotonic() - self.started)

    async def _settle_failure(
        self, connection: Connection, leased: LeasedMessage, error: Undeliverable | TryLater
    ) -> Told:
        attempts = leased.attempts + 1
        if isinstance(error, Undeliverable) or (attempts >= MOST_ATTEMPTS and is_counted(error)):
            words = _in_words(error)
            log.warning("message %d (%s, %s) is given up: %s", leased.id, leased.kind, leased.channel, words)
            await outbox.mark_dead(connection, leased.id, error=words)
            return Told(dead=1)
        counted = is_counted(error)  # of what is not, the attempts stand still: the wait would never grow
        wait = max(error.after or (wait_after(attempts) if counted else CHANNEL_PAUSE), timedelta(seconds=1))
        await outbox.put_off(connection, leased.id, due_at=self.now + wait, error=_in_words(error), counted=counted)
        if error.whole_channel:
            for name in self.notifiers:  # locked in the order of `lease`: two in different order wait for each other
                await rates.is_paused(connection, name)
            rest = error.after or min(wait, CHANNEL_PAUSE)  # of all others: the cause may be this message alone
            await rates.pause_resource(connection, leased.channel, rest.total_seconds())  # the questions wait too
            await outbox.put_off_channel(connection, leased.channel, due_at=self.now + rest)
            await note_refusal(connection, leased.channel, error, self.now)
        return Told(deferred=1)
