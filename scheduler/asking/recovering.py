"""Before anything is sent: what dead senders left behind, and what is not to be sent any more."""

import logging

from scheduler.asking.rerouting import end, reroute
from scheduler.asking.shift import Shift, Tally
from scheduler.events import log_event
from storage import deliveries, unknowns, unsent
from storage.clock import read_moment
from storage.senders import find_dead, forget_senders, wait_for_turn
from storage.statuses import CloseReason

log = logging.getLogger(__name__)


async def recover_dead(shift: Shift) -> None:
    """Leases of dead senders, and leases beyond their time, go back; what the dead were handing over is unknown."""
    async with shift.database.begin() as connection:
        await wait_for_turn(connection)
        dead = await find_dead(connection, shift.sender_id)
        freed = await deliveries.free_leases(connection, dead, await read_moment(connection))
        unknown = await deliveries.abandon_sending(connection, dead, shift.clock())
        if unknown:
            await unknowns.settle_answered(connection, unknown, shift.clock())
        await forget_senders(connection, dead)
    if freed or unknown:
        log_event(
            log, "recovered", level=logging.WARNING, dead_senders=len(dead), given_back=len(freed), unknown=len(unknown)
        )


async def clear_hopeless(shift: Shift) -> Tally:
    """Cancels what is too old, answered or closed meanwhile, or opted out; what is on a dead address is rerouted."""
    now = shift.clock()
    async with shift.database.begin() as connection:
        await wait_for_turn(connection)
        expired = await unsent.cancel_expired(connection, now)
        settled = await unsent.cancel_settled(connection, now)
        refused = await unsent.cancel_opted_out(connection, now)
        dead = await unsent.cancel_suppressed(connection, now)
        for ids, reason in ((expired, CloseReason.EXPIRED), (refused, CloseReason.OPTED_OUT)):
            if ids:
                await end(connection, ids, reason)
        rerouted = await reroute(connection, shift, dead)
    cancelled = len(expired) + len(settled) + len(refused) + len(dead)
    if cancelled:
        log_event(
            log, "cancelled", too_old=len(expired), settled=len(settled), opted_out=len(refused), dead_address=len(dead)
        )
    return Tally(cancelled=cancelled, rerouted=rerouted)
