"""Queueing those whom a pick chose, a stretch at a time, each safe by itself whoever else is asking."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from scheduler.asking.policy import Policy
from scheduler.company import Company
from storage import campaigns, invitations, picking
from storage.database import Connection, Held

STRETCH = 10_000  # invitations a transaction: on SQLite everybody else waits for it
ATTEMPTS = 5  # at a stretch in which others keep asking the same customers


async def queued_today(connection: Connection, company: Company, now: datetime) -> int:
    """Invitations that the daily round queued on the company's day that holds the moment."""
    campaign_id = await campaigns.find_daily(connection)
    if campaign_id is None:
        return 0
    day = company.local_day(now)
    since, before = (
        datetime.combine(one, time.min, company.zone).astimezone(UTC) for one in (day, day + timedelta(days=1))
    )
    return await invitations.count_queued(connection, campaign_id, since=since, before=before)


@dataclass
class Queueing:
    """The choice of one pick on its way into the queue; afterwards the table of those chosen holds who got there."""

    held: Held
    policy: Policy
    company: Company
    now: datetime
    newest: int  # id of the last invitation that the daily limit was reckoned with
    overtaken: int = 0  # those whom somebody else asked meanwhile

    async def queue(self, chosen: int) -> None:
        """Queues the first `chosen` rows of the choice."""
        for first in range(1, chosen + 1, STRETCH):
            await self._queue_stretch(picking.Stretch(first=first, last=min(first + STRETCH - 1, chosen)))

    async def _queue_stretch(self, stretch: picking.Stretch) -> None:
        for attempt in range(ATTEMPTS):
            try:
                async with self.held.begin() as connection:
                    campaign_id = await campaigns.lock_daily(connection, self.now)
                    dropped = await self._drop_overtaken(connection, stretch) if attempt else 0
                    await self._keep_to_limit(connection, stretch)
                    await self._write(connection, stretch, campaign_id)
                    newest = await invitations.newest_id(connection)
            except picking.Overtaken:
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                self.newest, self.overtaken = newest, self.overtaken + dropped
                return

    async def _drop_overtaken(self, connection: Connection, stretch: picking.Stretch) -> int:
        return await picking.drop_overtaken(connection, stretch, self.now - self.policy.cooldown)

    async def _keep_to_limit(self, connection: Connection, stretch: picking.Stretch) -> None:
        """Leaves the last ones out where another pick has used up some of today's limit meanwhile."""
        if await invitations.newest_id(connection) == self.newest:
            return
        room = max(0, self.policy.daily_limit - await queued_today(connection, self.company, self.now))
        await picking.keep_first(connection, stretch, room)

    async def _write(self, connection: Connection, stretch: picking.Stretch, campaign_id: int) -> None:
        await picking.queue_stretch(
            connection,
            stretch,
            campaign_id=campaign_id,
            now=self.now,
            cooled_before=self.now - self.policy.cooldown,
            link_until=self.now + timedelta(days=self.policy.link_days),
        )
