"""What became of hand-overs, written down: sent, put off, undeliverable or unknown."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.asking.rerouting import reroute
from scheduler.asking.shift import Shift, Tally
from scheduler.channel import Channel, TryLater, Undeliverable, Unknown
from scheduler.events import log_event
from scheduler.troubles import CHANNEL_PAUSE, note_refusal
from storage import deliveries, unknowns
from storage.database import Connection
from storage.rates import pause_resource
from storage.unsent import suppress_addresses

BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
MAX_TRIES = 8
DOUBTFUL_TRIES = 4  # where only this delivery was refused, for what may be its own fault
SPREAD = 0.2  # of a back-off: what was put off together must not come back together
CHANNEL_RETRY = timedelta(hours=1)  # for the delivery that met it, where it may be the cause: the others get by

log = logging.getLogger(__name__)


class NotBegun(Exception):
    """Marked, and surely not handed over: the whole channel was refused before its slot."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one hand-over ended."""

    delivery_id: int
    tries: int  # hand-overs of this delivery so far, this one included
    reference: str = ""  # the other side's, where it was accepted
    error: Undeliverable | TryLater | Unknown | NotBegun | None = None  # None: accepted

    @property
    def refusal(self) -> TryLater | None:
        """Of the whole channel."""
        return self.error if isinstance(self.error, TryLater) and self.error.whole_channel else None


async def settle(connection: Connection, shift: Shift, channel: Channel, outcomes: Sequence[Outcome]) -> Tally:
    """Writes outcomes down; what would meet the others too also pauses the channel's rate for every sender."""
    now = shift.clock()
    sent = {one.delivery_id: one.reference for one in outcomes if one.error is None}
    unknown = {one.delivery_id: _short(one.error) for one in outcomes if isinstance(one.error, Unknown)}
    tally = Tally()
    if sent:
        tally += Tally(sent=len(await deliveries.settle_sent(connection, shift.sender_id, sent, now)))
    if unknown:
        moved = await deliveries.settle_unknown(connection, shift.sender_id, unknown, now)
        arrived = await unknowns.settle_answered(connection, moved, now)
        tally += Tally(sent=len(arrived), unknown=len(moved) - len(arrived))
    tally += await _put_off(connection, shift, [one for one in outcomes if _is_worth_another_try(one)])
    tally += await _give_up(connection, shift, outcomes)
    await deliveries.take_back(connection, shift.sender_id, [*_not_begun(outcomes)])
    for refusal in (one.refusal for one in outcomes if one.refusal):
        wait = CHANNEL_PAUSE * (1 - SPREAD * shift.chance()) if refusal.after is None else refusal.after
        await _pause(connection, channel, refusal.reason, wait)
        await note_refusal(connection, channel.name, refusal, now)
    for one in outcomes:
        if isinstance(one.error, Unknown) and one.error.rest:
            await _pause(connection, channel, _short(one.error), one.error.rest)
    return tally


def _not_begun(outcomes: Sequence[Outcome]) -> Iterator[int]:
    return (one.delivery_id for one in outcomes if isinstance(one.error, NotBegun))


async def _put_off(connection: Connection, shift: Shift, outcomes: Sequence[Outcome]) -> Tally:
    if not outcomes:
        return Tally()
    now = shift.clock()
    due = {one.delivery_id: _next_try(now, one, shift.chance()) for one in outcomes}
    reasons = {one.delivery_id: _short(one.error) for one in outcomes}
    uncounted = [one.delivery_id for one in outcomes if _is_no_fault(one.error)]
    moved = await deliveries.put_off(connection, shift.sender_id, due, reasons, uncounted)
    others = {other for one in outcomes if isinstance(one.error, TryLater) for other in one.error.others}
    await deliveries.give_tries_back(connection, others - {*uncounted})
    return Tally(deferred=len(moved))


async def _give_up(connection: Connection, shift: Shift, outcomes: Sequence[Outcome]) -> Tally:
    given_up = [one for one in outcomes if isinstance(one.error, Undeliverable | TryLater)]
    reasons = {one.delivery_id: _last_reason(one.error) for one in given_up if not _is_worth_another_try(one)}
    if not reasons:
        return Tally()
    now = shift.clock()
    moved = await deliveries.settle_undeliverable(connection, shift.sender_id, reasons, now)
    for one in given_up:
        if one.delivery_id in moved and isinstance(one.error, Undeliverable) and one.error.address_is_dead:
            await suppress_addresses(connection, [one.delivery_id], _short(one.error), now)
    return Tally(undeliverable=len(moved), rerouted=await reroute(connection, shift, moved))


def _is_worth_another_try(outcome: Outcome) -> bool:
    error = outcome.error
    if not isinstance(error, TryLater):
        return False
    most = DOUBTFUL_TRIES if error.is_doubtful and not error.whole_channel else MAX_TRIES
    return _is_no_fault(error) or outcome.tries < most


def _is_no_fault(error: Exception | None) -> bool:
    """A channel that is away is no fault of the delivery's: its tries are not used up by that."""
    return isinstance(error, TryLater) and error.whole_channel and not error.is_doubtful


def _last_reason(error: Exception | None) -> str:
    """Why nothing more is tried."""
    if isinstance(error, TryLater):
        return "refused" if error.is_doubtful else "attempts"
    return _short(error)


def _next_try(now: datetime, outcome: Outcome, chance: float) -> datetime:
    error = outcome.error
    assert isinstance(error, TryLater)
    if error.after is not None:
        return now + error.after
    if error.whole_channel:
        return now + (CHANNEL_RETRY if error.is_doubtful else CHANNEL_PAUSE)
    return now + BACK_OFF[min(outcome.tries, len(BACK_OFF)) - 1] * (1 + SPREAD * chance)


async def _pause(connection: Connection, channel: Channel, reason: str, wait: timedelta) -> None:
    seconds = wait.total_seconds()
    log_event(log, "paused", level=logging.WARNING, channel=channel.name, reason=reason, seconds=seconds)
    await pause_resource(connection, channel.name, seconds)


def _short(error: Exception | None) -> str:
    return str(error)[:200] or type(error).__name__.lower()
