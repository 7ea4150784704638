"""Updates that are posted at the same time are stored in one transaction: a commit costs more than what it commits."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from bot.telegram.receiving import store
from storage.database import Database
from storage.inbox import ReceivedUpdate


@dataclass(frozen=True)
class _Posted:
    """What one post brought, and whoever waits for it to be safe."""

    received: list[ReceivedUpdate]
    now: datetime
    is_safe: asyncio.Future[None]


class Gathering:
    """What comes while a transaction runs goes into the next one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._posted: list[_Posted] = []
        self._storing: asyncio.Task[None] | None = None

    async def store(self, received: list[ReceivedUpdate], now: datetime) -> None:
        """Returns once they are stored and committed; raises what kept them from it."""
        posted = _Posted(received, now, asyncio.get_running_loop().create_future())
        self._posted.append(posted)
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all())
        await posted.is_safe

    async def _store_all(self) -> None:
        try:
            while self._posted:
                together, self._posted = self._posted, []
                try:
                    await self._store(together)
                except Exception:  # one of them may be at fault, or the database: each is told by itself
                    for posted in together:
                        await self._store_alone(posted)
        finally:
            self._storing = None

    async def _store_alone(self, posted: _Posted) -> None:
        try:
            await self._store([posted])
        except Exception as error:  # told to whoever waits
            if not posted.is_safe.done():
                posted.is_safe.set_exception(error)

    async def _store(self, together: list[_Posted]) -> None:
        received = [one for posted in together for one in posted.received]
        await store(self._database, received, together[0].now)
        for posted in together:
            if not posted.is_safe.done():  # whoever posted it may have hung up
                posted.is_safe.set_result(None)
