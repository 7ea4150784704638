"""Sending what is due: recover, clear, then lease, mark, hand over and settle in batches, all channels at once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from scheduler.asking.finishing import clear_cancelled, finish_done, reopen_refilled
from scheduler.asking.line import Line, Terms
from scheduler.asking.policy import Policy
from scheduler.asking.progress import Meter, OnProgress
from scheduler.asking.recovering import clear_hourly, recover_dead
from scheduler.asking.shift import Shift, Tally
from scheduler.asking.standing_by import StandBy, pause
from scheduler.channel import Channel
from scheduler.company import Company
from storage.database import Database
from storage.queue import count_leased, count_unknown, is_waiting
from storage.senders import LiveSender, register_sender

LOOK_AGAIN = 1.0  # seconds between looks at what other senders hold
TIDY_SECONDS = 5.0  # between looks for what dead senders left, what is not to be sent any more and what has ended
LONG_LOOK = 0.25  # seconds that a look for a campaign's end may take in between and still be repeated with the next


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What a run did, by deliveries; `unknown` is of the whole database."""

    sent: int
    deferred: int
    undeliverable: int
    unknown: int
    cancelled: int


async def send_due(
    database: Database,
    channels: Mapping[str, Channel],
    policy: Policy,
    company: Company,
    now: datetime | Callable[[], datetime],
    *,
    sender: LiveSender | None = None,
    drain: bool = False,
    stopping: asyncio.Event | None = None,
    progress: OnProgress | None = None,
    tidy_seconds: float = TIDY_SECONDS,
) -> Sent:
    """Sends what is due and may go at the channels' rates.

    :param now: what rules take for now; a moment, or something that tells it anew each time
    :param sender: the process's own, where it sends again and again; None: one for this run
    :param drain: wait for slots that others have reserved and for leases of dead senders too, until nothing is due
    :param stopping: once set, no further batch is begun
    :param progress: told of every batch; what is due is counted once, at the start
    :param tidy_seconds: between looks beside sending, for what others left and for campaigns cancelled or at their end
    :raises AnotherSender: on SQLite, where another process is sending
    """
    clock = now if callable(now) else lambda: now
    async with _sender(database, sender) as live:
        shift = Shift(
            database=database, channels=channels, policy=policy, company=company, clock=clock, sender_id=live.id
        )  # fmt: skip
        try:
            run = _Run(shift, live, drain, stopping or asyncio.Event(), Meter(progress))
            tally = await run.work(tidy_seconds)
        except Exception:
            await live.retire()  # a commit that was cut off may have marked what is not under way
            raise
    return await _sum_up(database, tally)


async def _sum_up(database: Database, tally: Tally) -> Sent:
    async with database.read() as connection:
        unknown = await count_unknown(connection)
    return Sent(
        sent=tally.sent, deferred=tally.deferred, undeliverable=tally.undeliverable, cancelled=tally.cancelled,
        unknown=unknown,
    )  # fmt: skip


class _Run:
    """One call of `send_due`."""

    def __init__(self, shift: Shift, sender: LiveSender, drain: bool, stopping: asyncio.Event, meter: Meter) -> None:
        self.shift = shift
        self.sender = sender
        self.meter = meter
        self.drain = drain
        self.stopping = stopping
        terms = Terms(drain=drain, stopping=stopping, may_go_on=self._may_go_on, tell=meter.advance)
        self.lines = [Line(shift, channel, terms) for channel in shift.channels.values()]

    async def work(self, tidy_seconds: float) -> Tally:
        tally = Tally()
        again = True
        await clear_cancelled(self.shift.database, self.shift.clock())
        await reopen_refilled(self.shift.database)
        while again and not self.stopping.is_set():
            await recover_dead(self.shift)
            await self.meter.begin(self.shift)
            done = await self._send_all(tidy_seconds)
            tally += done
            is_more = done.rerouted > 0 or (self.drain and await self._is_anything_left())
            again = is_more and await self._may_go_on()
        await finish_done(self.shift.database, self.shift.policy, self.shift.clock())
        return tally

    async def _send_all(self, tidy_seconds: float) -> Tally:
        others = StandBy(self._names(), self.stopping)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(line.run(others)) for line in self.lines]
            tidying = group.create_task(self._tidy_beside(tasks, tidy_seconds))
        return sum((task.result() for task in tasks), start=tidying.result())

    async def _tidy_beside(self, tasks: list[asyncio.Task[Tally]], seconds: float) -> Tally:
        """A long queue is sent for hours: nothing else may have to wait for its end."""
        tally = await clear_hourly(self.shift)
        while tasks and (await asyncio.wait(tasks, timeout=seconds))[1]:
            await recover_dead(self.shift)
            tally += await clear_hourly(self.shift)
            await clear_cancelled(self.shift.database, self.shift.clock())
            await finish_done(self.shift.database, self.shift.policy, self.shift.clock(), long=LONG_LOOK)
        return tally

    async def _may_go_on(self) -> bool:
        """Once our lock is lost the others take what we lease for left behind: the next run renews it."""
        return not self.stopping.is_set() and await self.sender.is_alive()

    async def _is_anything_left(self) -> bool:
        """Whether something is due still, or leased by somebody who may give it back; then after a moment."""
        names, policy = self._names(), self.shift.policy
        async with self.shift.database.read() as connection:
            waiting = await is_waiting(
                connection, names, self.shift.clock(), policy.only, require_consent=policy.require_consent
            )
            leased = await count_leased(connection, names)
        if leased and not waiting:
            await pause(LOOK_AGAIN, self.stopping)
        return bool(waiting or leased)

    def _names(self) -> set[str]:
        """Of the channels that take something."""
        return {line.name for line in self.lines if not line.is_refused}


@asynccontextmanager
async def _sender(database: Database, sender: LiveSender | None) -> AsyncIterator[LiveSender]:
    if sender is None:
        async with register_sender(database) as registered:
            yield registered
        return
    if not await sender.is_alive():
        await sender.renew()
    yield sender
