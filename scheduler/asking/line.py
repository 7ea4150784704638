"""One channel's part in a run: trip after trip, and in between it waits, or stands by for what comes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from scheduler.asking.leasing import Batch, lease_batch
from scheduler.asking.pace import Pace
from scheduler.asking.shift import NOTHING, Shift, Tally
from scheduler.asking.standing_by import StandBy, pause
from scheduler.asking.trip import Trip
from scheduler.channel import Channel, TryLater

PATIENCE = 60.0  # seconds that draining waits for a channel that asked for a wait
VAIN_TRIES = 3  # after so many in a row draining does not wait for the channel any more: it may be away for hours
LOOK_AGAIN = 1.0  # seconds between looks for what has come meanwhile


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the channels of a run have in common."""

    drain: bool  # slots that others have reserved, and short waits of a channel, are waited for
    stopping: asyncio.Event  # once set, no further batch is begun
    may_go_on: Callable[[], Awaitable[bool]]
    tell: Callable[[Tally], None]  # told of every batch


class Line:
    """A channel, from its first batch until no channel is at work any more."""

    def __init__(self, shift: Shift, channel: Channel, terms: Terms) -> None:
        self.name = channel.name
        self.is_refused = False  # it takes nothing for now: tried again while others are at work, but not waited for
        self._shift, self._channel, self._terms = shift, channel, terms
        self._pace = Pace(channel)
        self._in_vain = 0  # tries in a row that got nothing through
        self._tally = NOTHING

    async def run(self, others: StandBy) -> Tally:
        """What became of its deliveries, once nobody is at work or there shall be no further batch."""
        self._tally = NOTHING

        async def lease() -> Batch | None:
            return await self._lease(others)

        try:
            while (batch := await lease()) is not None:
                if batch.rows:
                    trip = Trip(self._shift, self._channel, self._pace, lease, self._note)
                    await trip.complete(batch)
                    self._tally += trip.tally
                    await self._judge(trip, others)
                elif not batch.is_blocked:
                    await self._wait(batch, others)
        finally:
            others.leave(self.name)
        return self._tally

    async def _lease(self, others: StandBy) -> Batch | None:
        if others.is_over:
            return None
        if not self.is_refused:
            others.join(self.name)
        if not await self._terms.may_go_on():
            return None
        batch = await lease_batch(self._shift, self._channel, self._pace.most)
        self._tally += batch.cleared
        return batch

    def _note(self, done: Tally) -> None:
        if done.sent:
            self.is_refused = False
        self._terms.tell(done)

    async def _judge(self, trip: Trip, others: StandBy) -> None:
        """A refusal of the whole channel is waited for where it is short, or it rests like one with nothing to do."""
        self._in_vain = self._in_vain + 1 if trip.refusal and not trip.tally.sent else 0
        self.is_refused = trip.refusal is not None and not self._is_worth_waiting(trip.refusal)
        if self.is_refused:
            await others.rest(self.name, LOOK_AGAIN)

    async def _wait(self, batch: Batch, others: StandBy) -> None:
        """For slots, or for what comes."""
        self.is_refused = self.is_refused or (batch.is_paused and batch.wait > PATIENCE)
        if self._terms.drain and batch.wait and not self.is_refused:
            await pause(batch.wait, self._terms.stopping)
        else:
            await others.rest(self.name, min(batch.wait or LOOK_AGAIN, LOOK_AGAIN))

    def _is_worth_waiting(self, refusal: TryLater) -> bool:
        is_short = refusal.after is not None and refusal.after.total_seconds() <= PATIENCE
        return self._terms.drain and is_short and self._in_vain < VAIN_TRIES
