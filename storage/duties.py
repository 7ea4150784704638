"""Duties: what one process at a time does. Whoever holds the lock does it, the others stand by and take over."""

from enum import IntEnum

from storage.database import Database
from storage.locks import HeldLock, try_lock

LOCKS = 0x4D6F6C78  # the class of our advisory locks for duties


class Duty(IntEnum):
    """What there is; the numbers are the locks' and stay."""

    FETCH_UPDATES = 1  # from Telegram, which refuses two who fetch one bot's updates
    READ_MAILBOX = 2  # two would fetch every letter twice, and take it in once


class Watch:
    """This process's turn at a duty, or its waiting for it."""

    def __init__(self, database: Database, duty: Duty) -> None:
        self._database, self._duty = database, duty
        self._lock: HeldLock | None = None

    async def is_ours(self) -> bool:
        """Looks whether we still have it, else takes it where it is free. On SQLite always: one process runs there."""
        if self._database.is_sqlite:
            return True
        if self._lock is not None and await self._lock.is_held():
            return True
        self._lock = await try_lock(self._database, LOCKS, self._duty)
        return self._lock is not None

    async def give_up(self) -> None:
        """Lets somebody else take it at once."""
        if self._lock is not None:
            await self._lock.release()
            self._lock = None
