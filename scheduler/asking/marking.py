"""The mark before hand-over: who doesn't get it doesn't send."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scheduler.asking.leasing import Leased
from scheduler.asking.shift import Shift
from scheduler.asking.windows import is_open, next_open
from storage import deliveries
from storage.database import Connection


@dataclass(frozen=True, kw_only=True)
class Marked:
    """What a mark allowed."""

    tries: dict[int, int]  # delivery id → hand-overs tried, this one included: these are to be handed over
    deferred: int  # whose window is closed


async def mark_sending(connection: Connection, shift: Shift, rows: Sequence[Leased]) -> Marked:
    """Marks what may still be handed over now; commit before handing over. The rest goes back or is put off."""
    now = shift.clock()
    closed = {row.id: row.zone for row in rows if not is_open(shift.policy, row.zone, now)}
    ids = [row.id for row in rows if row.id not in closed]
    tries = await _mark(connection, shift, ids, now) if ids else {}
    refused = [one for one in ids if one not in tries]
    if refused:
        await deliveries.give_back(connection, shift.sender_id, refused)
    openings = {one: next_open(shift.policy, zone, now) for one, zone in closed.items()}
    deferred = await deliveries.defer(connection, shift.sender_id, openings) if openings else []
    return Marked(tries=tries, deferred=len(deferred))


async def _mark(connection: Connection, shift: Shift, ids: Sequence[int], now: datetime) -> dict[int, int]:
    policy = shift.policy
    return await deliveries.mark(
        connection, shift.sender_id, ids, now, policy.only, require_consent=policy.require_consent
    )  # fmt: skip
