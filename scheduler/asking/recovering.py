"""Beside sending: what dead senders left behind, and what is not to be sent any more."""

import logging
from collections.abc import Sequence

from scheduler.asking.rerouting import end, reroute
from scheduler.asking.shift import Shift, Tally
from scheduler.asking.withdrawing import end_for_now
from scheduler.events import log_event
from storage import deliveries, unknowns, unsent
from storage.clock import read_moment
from storage.database import Connection
from storage.periods import claim_period, forget_periods
from storage.queue_walk import find_end, find_hopeless
from storage.senders import find_dead, forget_senders, wait_for_turn
from storage.statuses import CloseReason

CLEARING = "clearing"  # the job's name
STRETCH = 1_000  # deliveries looked at in one transaction

log = logging.getLogger(__name__)


async def recover_dead(shift: Shift) -> None:
    """Leases of dead senders, and leases beyond their time, go back; what the dead were handing over is unknown."""

    async def recover(connection: Connection) -> tuple[int, int, int]:
        await wait_for_turn(connection)
        dead = await find_dead(connection, shift.sender_id)
        freed = await deliveries.free_leases(connection, dead, await read_moment(connection))
        unknown = await deliveries.abandon_sending(connection, dead, shift.clock())
        if unknown:
            await unknowns.settle_answered(connection, unknown, shift.clock())
        await forget_senders(connection, dead)
        return len(dead), len(freed), len(unknown)

    dead, freed, unknown = await shift.database.write(recover)
    if freed or unknown:
        log_event(log, "recovered", level=logging.WARNING, dead_senders=dead, given_back=freed, unknown=unknown)


async def clear_hourly(shift: Shift) -> Tally:
    """`clear_hopeless`, by the first sender who comes to it in an hour."""
    hour = f"{shift.clock():%Y-%m-%dT%H}"
    async with shift.database.begin() as connection:
        is_ours = await claim_period(connection, job=CLEARING, period=hour, now=shift.clock())
        if is_ours:
            await forget_periods(connection, job=CLEARING, before=hour)
    return await clear_hopeless(shift) if is_ours else Tally()


async def clear_hopeless(shift: Shift) -> Tally:
    """Goes through the whole queue, a stretch at a time, and clears what no lease meets: of paused campaigns, of
    channels that are off, of strangers to a rehearsal."""
    tally, after, is_more = Tally(), None, True
    while is_more:
        async with shift.database.read() as connection:
            until = await find_end(connection, after, STRETCH)
            consent = shift.policy.require_consent
            hopeless = await find_hopeless(connection, after, until, shift.clock(), require_consent=consent)
        if hopeless:
            tally += await clear(shift, hopeless)
        after, is_more = until, until is not None
    return tally


async def clear(shift: Shift, delivery_ids: Sequence[int]) -> Tally:
    """Cancels what is too old, answered or closed meanwhile, opted out, without consent, about a sale taken back, to be
    asked of somebody whose case is open, or a needless reminder; what is on a dead address is rerouted."""
    counts, rerouted = await shift.database.write(lambda connection: _cancel(connection, shift, delivery_ids))
    cancelled = sum(counts.values())
    if cancelled:
        log_event(log, "cancelled", **counts)
    return Tally(cancelled=cancelled, rerouted=rerouted)


async def _cancel(connection: Connection, shift: Shift, delivery_ids: Sequence[int]) -> tuple[dict[str, int], int]:
    """({reason: cancelled}, how many of them were rerouted)."""
    now = shift.clock()
    await wait_for_turn(connection)
    expired = await unsent.cancel_expired(connection, delivery_ids, now)
    settled = await unsent.cancel_settled(connection, delivery_ids, now)
    refused = await unsent.cancel_opted_out(connection, delivery_ids, now)
    complained = await unsent.cancel_case_open(connection, delivery_ids, now)
    returned = await unsent.cancel_taken_back(connection, delivery_ids, now)
    require_consent = shift.policy.require_consent
    unwilling = await unsent.cancel_without_consent(connection, delivery_ids, now, require_consent)
    needless = await unsent.cancel_needless(connection, delivery_ids, now, require_consent)
    dead = await unsent.cancel_suppressed(connection, delivery_ids, now)
    for ids, reason in ((expired, CloseReason.EXPIRED), (refused, CloseReason.OPTED_OUT)):
        if ids:
            await end(connection, ids, reason)
    await end_for_now(connection, [*complained, *returned, *unwilling])
    rerouted = await reroute(connection, shift, dead)
    counts = {
        "too_old": expired, "settled": settled, "opted_out": refused, "dead_address": dead, "case_open": complained,
        "returned": returned, "no_consent": unwilling, "needless": needless,
    }  # fmt: skip
    return {reason: len(ids) for reason, ids in counts.items()}, rerouted
