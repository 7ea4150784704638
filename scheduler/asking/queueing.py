"""Queueing those whom a choice took, a stretch at a time, each safe by itself whoever else is asking."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from storage import picking
from storage.database import Connection, Held
from storage.invitations import newest_id
from storage.turns import wait_for_customers

STRETCH = 10_000  # invitations a transaction: on SQLite everybody else waits for it
ATTEMPTS = 5  # at a stretch in which others keep asking the same customers


class Claim(Protocol):
    """What entitles to ask: the daily round, or the one start of a campaign."""

    @property
    def stretch(self) -> int | None:
        """Invitations a transaction; None: all in one."""
        ...

    async def take(self, connection: Connection) -> int:
        """The campaign's id; locked, so that nobody else queues for it in this transaction."""
        ...

    async def room(self, connection: Connection) -> int | None:
        """How many more may be queued; None: all who were chosen."""
        ...

    async def close(self, connection: Connection, queued: int) -> None:
        """After so many were queued in this transaction."""
        ...


@dataclass
class Queueing:
    """A choice on its way into the queue; afterwards the table of those chosen holds who got there."""

    held: Held
    claim: Claim
    now: datetime
    cooldown: timedelta
    link_until: datetime
    newest: int  # id of the last invitation that the room was reckoned with
    overtaken: int = 0  # those whom somebody else asked meanwhile

    async def queue(self, chosen: int) -> None:
        """Queues the first `chosen` rows of the choice.

        :raises Overtaken: others keep asking the same customers; the stretches before are queued
        """
        size = self.claim.stretch or max(chosen, 1)
        for first in range(1, chosen + 1, size):
            await self._queue_stretch(picking.Stretch(first=first, last=min(first + size - 1, chosen)))

    async def _queue_stretch(self, stretch: picking.Stretch) -> None:
        for attempt in range(ATTEMPTS):
            try:
                async with self.held.begin() as connection:
                    await wait_for_customers(connection)
                    campaign_id = await self.claim.take(connection)
                    dropped = await self._drop_overtaken(connection, stretch) if attempt else 0
                    await self._keep_to_room(connection, stretch)
                    await self.claim.close(connection, await self._write(connection, stretch, campaign_id))
                    newest = await newest_id(connection)
            except picking.Overtaken:
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                self.newest, self.overtaken = newest, self.overtaken + dropped
                return

    async def _drop_overtaken(self, connection: Connection, stretch: picking.Stretch) -> int:
        return await picking.drop_overtaken(connection, stretch, now=self.now, cooled_before=self.now - self.cooldown)

    async def _keep_to_room(self, connection: Connection, stretch: picking.Stretch) -> None:
        """Leaves the last ones out where another round has used up some of the room meanwhile."""
        if await newest_id(connection) == self.newest:
            return
        room = await self.claim.room(connection)
        if room is not None:
            await picking.keep_first(connection, stretch, max(0, room))

    async def _write(self, connection: Connection, stretch: picking.Stretch, campaign_id: int) -> int:
        return await picking.queue_stretch(
            connection,
            stretch,
            campaign_id=campaign_id,
            now=self.now,
            cooled_before=self.now - self.cooldown,
            link_until=self.link_until,
        )
