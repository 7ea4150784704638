"""Deliveries on their way: marked and committed in groups, handed over at their slots, results committed with the next
marks, and the next batch leased before the last one's tail has ended.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

from scheduler.asking.batch_log import BatchLog
from scheduler.asking.committing import Group, commit_group
from scheduler.asking.handing import hand_over
from scheduler.asking.leasing import Batch, Leased
from scheduler.asking.pace import Pace
from scheduler.asking.settling import NotBegun, Outcome
from scheduler.asking.shift import NOTHING, Shift, Tally
from scheduler.channel import Channel, TryLater

AHEAD = 0.15  # seconds before their slots that deliveries are marked, all of them that are …
NEAR = 0.05  # … once the first has come this near
LATE = 0.5  # seconds after which a slot is lost: used later it would break the rate
LOW = 0.1  # seconds of work left at which the next batch is leased …
SOON = 0.5  # … or until the last slot, whichever comes later: others draw from the same rate
HOLD = 0.02  # seconds that a free place waits until three in four are free, to be filled in one transaction
KEEP = 0.05  # seconds that a result waits for marks or results to be committed with it
LOOK_AGAIN = 1.0  # seconds between looks for more, once there was none
GRACE = 15.0  # seconds that hand-overs under way get when everything stops
PAUSES = (0.5, 1.0, 2.0, 4.0, 7.0, 0.0)  # seconds between tries to keep results that a database does not take

Lease = Callable[[], Awaitable[Batch | None]]  # the next batch; None: there shall be none

log = logging.getLogger(__name__)


class Trip:
    """One channel's batches, from the first until there is none in time; `tally` and `refusal` tell what became of it.

    What is marked and not settled is never more than the channel's concurrency: a crash leaves no more unknown.
    """

    def __init__(self, shift: Shift, channel: Channel, pace: Pace, lease: Lease, tell: Callable[[Tally], None]) -> None:
        """:param tell: told what became of the deliveries since the batch before"""
        self.shift, self.channel, self.pace = shift, channel, pace
        self.tally = NOTHING
        self.refusal: TryLater | None = None  # the whole channel was refused
        self._lease, self._tell = lease, tell
        self._waiting = deque[Leased]()
        self._under_way = set[asyncio.Task[Outcome]]()
        self._finished: list[Outcome] = []
        self._refused: list[Leased] = []
        self._since = 0.0  # when the first of the finished did
        self._leasing: asyncio.Task[Batch | None] | None = None
        self._look_again = 0.0
        self._is_stopping = False  # nothing more is begun
        self._stirred = asyncio.Event()
        self._log = BatchLog(channel)

    async def complete(self, batch: Batch) -> None:
        """Until nothing is left. Cancelled, it lets what is under way end and writes it down; the rest goes back."""
        self._begin(batch)
        task = asyncio.create_task(self._run_safely())
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            self._stop()
            await asyncio.wait({task}, timeout=GRACE)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise

    async def _run_safely(self) -> None:
        """Where the database fails, what is under way ends first."""
        try:
            await self._run()
        except Exception:
            self._stop()
            await self._rescue()
            raise
        finally:
            for task in (*self._under_way, *([self._leasing] if self._leasing else [])):
                task.cancel()  # stays marked as sending: the next sender finds it unknown
        self._close_batch()

    async def _run(self) -> None:
        while self._waiting or self._under_way or self._finished or self._refused or self._leasing:
            self._stirred.clear()
            due = self._due()
            if due is not None and due <= _seconds():
                await self._commit()
            else:
                await self._rest(due)
            self._lease_ahead()

    async def _rest(self, until: float | None) -> None:
        """Until then, or until something happens."""
        if self._under_way and not self._leasing and not self._is_stopping:
            until = self._look_again if until is None else min(until, max(self._look_again, _seconds() + LOW))
        try:
            async with asyncio.timeout_at(until):
                await self._stirred.wait()
        except TimeoutError:
            pass

    async def _rescue(self) -> None:
        """What is known is written down, in several tries: a database that went away may be back in seconds."""
        if tasks := {*self._under_way, *([self._leasing] if self._leasing else [])}:
            await asyncio.wait(tasks, timeout=GRACE)
        with suppress(Exception):  # what ended the trip ended the lease too
            self._take_leased()
        for pause in PAUSES:
            if await self._is_kept():
                break
            await asyncio.sleep(pause)

    async def _is_kept(self) -> bool:
        """Whether there is no result any more that is not written down."""
        try:
            await self._commit()
        except Exception:
            log.exception("%d results of %s could not be kept", len(self._finished), self.channel.name)
        return not self._finished

    def _stop(self) -> None:
        self._is_stopping = True
        self._stirred.set()

    # Leasing

    def _lease_ahead(self) -> None:
        self._take_leased()
        if not self._leasing and not self._is_stopping and self._runs_low():
            self._leasing = asyncio.create_task(self._next_batch())
            self._leasing.add_done_callback(lambda _: self._stirred.set())

    def _runs_low(self) -> bool:
        if _seconds() < self._look_again or len(self._waiting) > self.pace.per_second * LOW:
            return False
        return not self._waiting or self._waiting[-1].slot <= _seconds() + SOON

    async def _next_batch(self) -> Batch | None:
        return await self._lease()

    def _take_leased(self) -> None:
        if not self._leasing or not self._leasing.done():
            return
        task, self._leasing = self._leasing, None
        batch = task.result()
        if batch is not None and batch.rows:
            self._close_batch()
            self._begin(batch)
        elif batch is None or not batch.is_blocked:
            self._look_again = _seconds() + LOOK_AGAIN

    def _begin(self, batch: Batch) -> None:
        self._waiting.extend(batch.rows)
        self._log.begin(batch.rows)

    def _close_batch(self) -> None:
        count, seconds, done = self._log.close()
        self.pace.learn(count, seconds)
        self._tell(done)

    # Committing

    def _due(self) -> float | None:
        """When a transaction will be worth its cost if nothing else happens; None: not before something does."""
        moments = [0.0] if self._refused else []
        if self._finished:
            is_all = not (self._waiting or self._under_way or self._leasing)
            moments.append(self._since + (0.0 if is_all else KEEP))
        if self._waiting:
            slot, free = self._waiting[0].slot, self.channel.concurrency - len(self._under_way)
            moments.append(0.0 if self._is_stopping else slot + LATE)
            if free > 0:
                near = max(slot - NEAR, self._since) if self._finished else slot - NEAR
                moments.append(near + (0.0 if self._is_mostly_free() else HOLD))
        return min(moments, default=None)

    async def _commit(self) -> None:
        """Results and the next marks in one transaction, then the hand-overs."""
        group = Group(ready=self._take_ready(), late=self._take_late(), finished=self._finished)
        self._finished = []
        if not group:
            return
        try:
            committed = await commit_group(self.shift, self.channel, group)
        except Exception:
            self._finished = [*group.finished, *self._finished]
            self._waiting.extendleft(reversed([*group.late, *group.ready]))
            raise
        self._count(committed.tally)
        self._refused.extend(committed.refused)
        tries = dict(committed.tries)
        for row in group.ready:
            if (tried := tries.pop(row.id, None)) is not None:  # each mark entitles to one hand-over
                task = asyncio.create_task(self._at_slot(row, tried))
                self._under_way.add(task)
                task.add_done_callback(self._note)

    def _take_ready(self) -> list[Leased]:
        """Whose slot is near, as far as there are places."""
        now, ready = _seconds(), list[Leased]()
        places = 0 if self._is_stopping else self.channel.concurrency - len(self._under_way)
        while self._waiting and len(ready) < places and now - LATE < self._waiting[0].slot <= now + AHEAD:
            ready.append(self._waiting.popleft())
        return ready

    def _take_late(self) -> list[Leased]:
        """Who missed their slot, were refused the mark, or don't go at all because everything stops."""
        now, late, self._refused = _seconds(), self._refused, []
        while self._waiting and (self._is_stopping or self._waiting[0].slot <= now - LATE):
            late.append(self._waiting.popleft())
        return late

    def _count(self, done: Tally) -> None:
        self.tally += done
        self._log.count(done)

    # Handing over

    async def _at_slot(self, row: Leased, tries: int) -> Outcome:
        if (pause := row.slot - _seconds()) > 0:
            await asyncio.sleep(pause)
        if self.refusal:
            return Outcome(delivery_id=row.id, tries=tries, error=NotBegun())
        outcome = await hand_over(self.channel, row.question, tries)
        if outcome.refusal:
            self.refusal = outcome.refusal
            self._stop()
        return outcome

    def _note(self, task: asyncio.Task[Outcome]) -> None:
        self._under_way.discard(task)
        if task.cancelled():
            return
        outcome = task.result()
        if not self._finished:
            self._since = _seconds()
            self._stirred.set()
        self._finished.append(outcome)
        if self._is_mostly_free():
            self._stirred.set()

    def _is_mostly_free(self) -> bool:
        return 4 * len(self._under_way) <= self.channel.concurrency


def _seconds() -> float:
    return asyncio.get_running_loop().time()
