"""One group commit: results of hand-overs written down, the next ones marked, what missed its slot given back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scheduler.asking.leasing import Leased
from scheduler.asking.marking import mark_sending
from scheduler.asking.settling import Outcome, settle
from scheduler.asking.shift import Shift, Tally
from scheduler.asking.windows import is_open
from scheduler.channel import Channel
from storage import deliveries
from storage.database import Connection


@dataclass(frozen=True, kw_only=True)
class Group:
    """What is to be committed together."""

    finished: Sequence[Outcome]
    ready: Sequence[Leased]  # their slot is near
    late: Sequence[Leased]  # their slot is over, or nothing more is begun

    def __bool__(self) -> bool:
        return bool(self.finished or self.ready or self.late)


@dataclass(frozen=True, kw_only=True)
class Committed:
    """What came of it."""

    tally: Tally
    tries: Mapping[int, int]  # delivery id → hand-overs tried, this one included: these are to be handed over
    refused: Sequence[Leased] = ()  # not marked, and still leased: to be given back


async def commit_group(shift: Shift, channel: Channel, group: Group) -> Committed:
    """All of a group, or nothing of it; what it marks may be handed over once it returns."""
    now = shift.clock()
    if group.late or not all(one.error is None for one in group.finished) or _meets_closed_window(shift, group, now):
        return await shift.database.write_whole(lambda connection: _write(connection, shift, channel, group))
    return await _exchange(shift, group, now)


def _meets_closed_window(shift: Shift, group: Group, now: datetime) -> bool:
    return not all(is_open(shift.policy, zone, now) for zone in {row.zone for row in group.ready})


async def _write(connection: Connection, shift: Shift, channel: Channel, group: Group) -> Committed:
    settled = await settle(connection, shift, channel, group.finished)
    marked = await mark_sending(connection, shift, group.ready)
    if group.late:
        await deliveries.give_back(connection, shift.sender_id, [row.id for row in group.late])
    return Committed(tally=settled + Tally(deferred=marked.deferred), tries=marked.tries)


async def _exchange(shift: Shift, group: Group, now: datetime) -> Committed:
    """A group as most of them are: everything was accepted, and every window is open."""
    references = {one.delivery_id: one.reference for one in group.finished}
    ids, policy = [row.id for row in group.ready], shift.policy
    sent, tries = await shift.database.write_at_once(
        lambda connection: deliveries.exchange(
            connection, shift.sender_id, references, ids, now, only=policy.only, require_consent=policy.require_consent
        )
    )
    refused = [row for row in group.ready if row.id not in tries]
    return Committed(tally=Tally(sent=len(sent)), tries=tries, refused=refused)
