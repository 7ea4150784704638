"""Unknown hand-overs sent once more: only by a person's word, because some of them have arrived."""

from scheduler.asking.recovering import recover_dead
from scheduler.asking.shift import Shift
from storage import unknowns

AT_ONCE = 1_000  # deliveries a transaction


async def count_resendable(shift: Shift) -> int:
    """Unknown deliveries that may go once more; what dead senders were handing over is unknown from here on."""
    await recover_dead(shift)
    async with shift.database.read() as connection:
        return await unknowns.count_resendable(connection, shift.channels, shift.clock(), shift.policy.only)


async def resend_unknown(shift: Shift) -> int:
    """Queues them once more, due now; returns how many. Answered, opted out and outdated ones stay as they are."""
    requeued = 0
    while True:
        some = await shift.database.write(
            lambda connection: unknowns.requeue(connection, shift.channels, shift.clock(), shift.policy.only, AT_ONCE)
        )
        if not some:
            return requeued
        requeued += some
