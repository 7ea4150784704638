"""The end of campaigns: queues of cancelled ones emptied, those with nothing left to hand over finished."""

import time
from datetime import datetime
from weakref import WeakKeyDictionary

from scheduler.asking.policy import Policy
from scheduler.asking.reminding import reminded_since
from scheduler.asking.rerouting import end
from storage import campaign_queue, campaigns
from storage.database import Connection, Database
from storage.statuses import CampaignStatus, CloseReason

STRETCH = 2_000  # deliveries cancelled in one transaction
LONG = 1.0  # seconds that a look at a campaign takes at most before it is made less often …
REST = 20.0  # … by so many times as long

_resting = WeakKeyDictionary[Database, dict[int, float]]()  # campaigns, until when they are not looked at
_witnesses = WeakKeyDictionary[Database, dict[int, int]]()  # campaigns, with a delivery whose reminder was to come


async def clear_cancelled(database: Database, now: datetime) -> int:
    """Empties the queues of cancelled campaigns, a stretch a transaction; how many deliveries were cancelled.

    Repeated at each sending, because a process may have died in the middle of it.
    """
    async with database.read() as connection:
        uncleared = await campaigns.uncleared_ones(connection)
    return sum([await _clear(database, campaign_id, now) for campaign_id in uncleared])


async def finish_done(
    database: Database, policy: Policy, now: datetime, *, rest: float = REST, long: float = LONG
) -> list[int]:
    """running → finished, for campaigns of which nothing is left to hand over; their ids.

    finished → running, where something came back into the queue: a bounced question goes to its next channel.
    """
    since = reminded_since(policy, now)
    async with database.read() as connection:
        running_ones = await campaigns.running_ones(connection)
    done = [one for one in running_ones if not await _is_anything_left(database, one, since, rest=rest, long=long)]
    finished = []
    for campaign_id in done:
        async with database.begin() as connection:
            running = (CampaignStatus.RUNNING,)
            if await campaigns.move(connection, campaign_id, running, CampaignStatus.FINISHED, finished_at=now):
                finished.append(campaign_id)
    await reopen_refilled(database)
    return finished


async def reopen_refilled(database: Database) -> None:
    """finished → running, where something came back into the queue."""
    async with database.read() as connection:
        refilled = await campaigns.refilled_ones(connection)
    for campaign_id in refilled:
        async with database.begin() as connection:
            finished = (CampaignStatus.FINISHED,)
            await campaigns.move(connection, campaign_id, finished, CampaignStatus.RUNNING, finished_at=None)


async def _is_anything_left(
    database: Database, campaign_id: int, since: datetime | None, *, rest: float, long: float
) -> bool:
    """A look at a large campaign that took long is not repeated at once: until then it counts as found something."""
    resting = _resting.setdefault(database, {})
    began = time.monotonic()
    if began < resting.get(campaign_id, began):
        return True
    async with database.read() as connection:
        is_left = await campaign_queue.is_unsettled(connection, campaign_id)
        if not is_left and since is not None:
            is_left = await _is_reminder_to_come(connection, database, campaign_id, since)
    ended = time.monotonic()
    if ended - began > long:
        resting[campaign_id] = ended + rest * (ended - began)
    return is_left


async def _is_reminder_to_come(connection: Connection, database: Database, campaign_id: int, since: datetime) -> bool:
    """The question that said so last time is asked first: as long as it says so, no other has to be looked at."""
    witnesses = _witnesses.setdefault(database, {})
    witness = witnesses.get(campaign_id)
    if witness is not None and await campaign_queue.is_reminder_to_come(connection, witness, since):
        return True
    witnesses.pop(campaign_id, None)
    found = await campaign_queue.find_reminder_to_come(connection, campaign_id, since)
    if found is not None:
        witnesses[campaign_id] = found
    return found is not None


async def _clear(database: Database, campaign_id: int, now: datetime) -> int:
    cleared = 0
    while True:
        stretch = await database.write(lambda connection: _clear_stretch(connection, campaign_id, now))
        if not stretch:
            return cleared
        cleared += stretch


async def _clear_stretch(connection: Connection, campaign_id: int, now: datetime) -> int:
    invitations = await campaign_queue.cancel_stretch(connection, campaign_id, STRETCH, now)
    if invitations:
        await end(connection, invitations, CloseReason.CANCELLED)
    # What is being handed over right now may yet come back into the queue.
    elif not await campaign_queue.is_unsettled(connection, campaign_id):
        await campaigns.note(connection, campaign_id, finished_at=now)
    return len(invitations)
