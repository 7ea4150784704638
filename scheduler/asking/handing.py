"""Handing a batch over: marked and committed in groups, at its slots, results committed with the next marks."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from scheduler.asking.leasing import Batch, Leased
from scheduler.asking.marking import Marked, mark_sending
from scheduler.asking.settling import Outcome, settle
from scheduler.asking.shift import Shift, Tally
from scheduler.channel import Channel, Question, TryLater, Undeliverable, Unknown
from scheduler.events import log_event
from storage import deliveries
from storage.database import Connection

AHEAD = 0.1  # seconds before their slots that deliveries are marked
LATE = 0.5  # seconds after which a slot is lost: used later it would break the rate
GRACE = 15.0  # seconds that hand-overs under way get when everything stops

log = logging.getLogger(__name__)


async def hand_over(channel: Channel, question: Question, tries: int) -> Outcome:
    """Asks; whatever happens becomes an outcome, an error that is no promise's too: nobody knows how far it came."""
    try:
        reference = await channel.ask(question)
    except (Undeliverable, TryLater, Unknown) as error:
        return Outcome(delivery_id=question.delivery_id, tries=tries, error=error)
    except Exception:
        log.exception("delivery %d broke the channel %s", question.delivery_id, channel.name)
        return Outcome(delivery_id=question.delivery_id, tries=tries, error=Unknown("a fault of ours"))
    return Outcome(delivery_id=question.delivery_id, tries=tries, reference=reference)


async def hand_over_batch(shift: Shift, channel: Channel, batch: Batch) -> tuple[Tally, TryLater | None]:
    """(what became of the batch, the refusal of the whole channel if there was one).

    Cancelled, it still lets what is under way end and writes it down; the rest goes back.
    """
    trip, started = _Trip(shift, channel, deque(batch.rows)), _seconds()
    task = asyncio.create_task(trip.run())
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        trip.is_stopping = True
        await asyncio.wait({task}, timeout=GRACE)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
    _tell(channel, batch.rows, trip.tally, _seconds() - started)
    return trip.tally, trip.refusal


def _tell(channel: Channel, rows: Sequence[Leased], done: Tally, seconds: float) -> None:
    log_event(
        log,
        "batch",
        channel=channel.name,
        campaign=", ".join(sorted({row.campaign for row in rows})),
        leased=len(rows),
        sent=done.sent,
        deferred=done.deferred,
        undeliverable=done.undeliverable,
        unknown=done.unknown,
        seconds=round(seconds, 3),
        rate=round(done.sent / seconds, 1) if seconds else None,
    )


@dataclass
class _Trip:
    """A batch on its way."""

    shift: Shift
    channel: Channel
    waiting: deque[Leased]
    tally: Tally = field(default_factory=Tally)
    refusal: TryLater | None = None  # the whole channel was refused
    is_stopping: bool = False  # nothing more of this batch is begun
    under_way: set[asyncio.Task[Outcome]] = field(default_factory=set)
    finished: list[Outcome] = field(default_factory=list)

    async def run(self) -> None:
        """Until nothing waits and everything is settled; where the database fails, what is under way ends first."""
        try:
            await self._run()
        except Exception:
            self.is_stopping = True
            await self._rescue()
            raise
        finally:
            for task in self.under_way:  # stays marked as sending: the next sender finds it unknown
                task.cancel()

    async def _run(self) -> None:
        while self.waiting or self.under_way or self.finished:
            await self._commit()
            await self._wait()

    async def _rescue(self) -> None:
        if self.under_way:
            done, self.under_way = await asyncio.wait(self.under_way, timeout=GRACE)
            self._collect(done)
        try:
            await self._commit()
        except Exception:
            log.exception("%d results of %s could not be kept", len(self.finished), self.channel.name)

    async def _commit(self) -> None:
        """Results and the next marks in one transaction, then the hand-overs."""
        ready, late = self._take_ready(), self._take_late()
        finished, self.finished = self.finished, []
        if not (ready or late or finished):
            return
        try:
            settled, marked = await self.shift.database.write(
                lambda connection: self._settle_and_mark(connection, finished, ready, late)
            )
        except Exception:
            self.finished = [*finished, *self.finished]
            self.waiting.extendleft(reversed([*late, *ready]))
            raise
        self.tally += settled + Tally(deferred=marked.deferred)
        for row in ready:
            if row.id in marked.tries:
                self.under_way.add(asyncio.create_task(self._at_slot(row, marked.tries[row.id])))

    async def _settle_and_mark(
        self, connection: Connection, finished: Sequence[Outcome], ready: Sequence[Leased], late: Sequence[Leased]
    ) -> tuple[Tally, Marked]:
        settled = await settle(connection, self.shift, self.channel, finished)
        marked = await mark_sending(connection, self.shift, ready)
        if late:
            await deliveries.give_back(connection, self.shift.sender_id, [row.id for row in late])
        return settled, marked

    def _take_ready(self) -> list[Leased]:
        """Whose slot is near, as far as there are places."""
        now, ready = _seconds(), list[Leased]()
        places = 0 if self.is_stopping else self.channel.concurrency - len(self.under_way)
        while self.waiting and len(ready) < places and now - LATE <= self.waiting[0].slot <= now + AHEAD:
            ready.append(self.waiting.popleft())
        return ready

    def _take_late(self) -> list[Leased]:
        """Who missed their slot, or don't go at all because everything stops."""
        now, late = _seconds(), list[Leased]()
        while self.waiting and (self.is_stopping or self.waiting[0].slot < now - LATE):
            late.append(self.waiting.popleft())
        return late

    async def _at_slot(self, row: Leased, tries: int) -> Outcome:
        await asyncio.sleep(row.slot - _seconds())
        return await hand_over(self.channel, row.question, tries)

    async def _wait(self) -> None:
        """For a result, or until the next slot is near and there is a place for it."""
        has_place = len(self.under_way) < self.channel.concurrency
        pause = max(0.0, self.waiting[0].slot - AHEAD - _seconds()) if self.waiting and has_place else None
        if self.under_way:
            done, self.under_way = await asyncio.wait(
                self.under_way, timeout=pause, return_when=asyncio.FIRST_COMPLETED
            )
            self._collect(done)
        elif pause is not None:
            await asyncio.sleep(pause)

    def _collect(self, done: set[asyncio.Task[Outcome]]) -> None:
        for task in done:
            outcome = task.result()
            self.finished.append(outcome)
            if isinstance(outcome.error, TryLater) and outcome.error.whole_channel:
                self.refusal, self.is_stopping = outcome.error, True


def _seconds() -> float:
    return asyncio.get_running_loop().time()
