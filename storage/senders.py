"""Sending processes and the locks that tell whether they are still there.

A lock ends with its process, however that ends: an advisory lock of a connection on PostgreSQL, a locked file beside
the database on SQLite, where only one process may send.
"""

import os
import platform
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.clock import read_moment
from storage.database import Database
from storage.full import DatabaseFull
from storage.locks import HeldLock, try_lock
from storage.models import Delivery, Sender
from storage.statuses import DeliveryStatus

LOCKS = 0x4D6F6C76  # "Molv": the class of our advisory locks in a database that others may share
HELD = Delivery.status.in_((DeliveryStatus.LEASED, DeliveryStatus.SENDING))


class AnotherSender(Exception):
    """Somebody else is sending from this SQLite database: leave it to them, or stop them first."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"another process is sending from {path}")
        self.path = path


class LiveSender:
    """This process as a sender; alive as long as its lock."""

    def __init__(self, database: Database, sender_id: int, lock: HeldLock | None) -> None:
        self.id = sender_id
        self._database, self._lock = database, lock
        self._is_retired = False

    async def is_alive(self) -> bool:
        """False once the lock is lost: the others take this sender for dead, and it has to be renewed."""
        return not self._is_retired and (self._lock is None or await self._lock.is_held())

    async def retire(self) -> None:
        """Counts as dead from here on: nobody knows any more what it has half done."""
        self._is_retired = True
        if self._lock is not None:
            await self._lock.release()

    async def renew(self) -> None:
        """Goes on under a new number; what the old one still holds is recovered like that of any dead sender."""
        self.id, self._lock = await _take_number(self._database)
        self._is_retired = False

    async def resign(self) -> None:
        """Gives number and lock back."""
        with suppress(DBAPIError, DatabaseFull, OSError):
            async with self._database.begin() as connection:
                await forget_senders(connection, [self.id])
        if self._lock is not None:
            await self._lock.release()


@asynccontextmanager
async def register_sender(database: Database) -> AsyncIterator[LiveSender]:
    """A new sender with its lock held; both end with the block.

    :raises AnotherSender: on SQLite, where another process is sending
    """
    with _file_lock(database):
        sender = LiveSender(database, *await _take_number(database))
        try:
            yield sender
        finally:
            await sender.resign()


async def _take_number(database: Database) -> tuple[int, HeldLock | None]:
    sender_id = await _insert(database)
    if database.is_sqlite:
        return sender_id, None
    lock = await try_lock(database, LOCKS, _key(sender_id))
    assert lock is not None, "nobody else has this number"
    return sender_id, lock


@contextmanager
def _file_lock(database: Database) -> Iterator[None]:
    if database.path is None:
        yield
        return
    file = FileLock(f"{database.path}.sender.lock", thread_local=False)
    try:
        file.acquire(timeout=0)
    except Timeout as error:
        raise AnotherSender(database.path) from error
    try:
        yield
    finally:
        file.release()


async def find_dead(connection: AsyncConnection, alive: int) -> list[int]:
    """Senders that hold deliveries and are no more; on PostgreSQL their locks are ours until the transaction ends.

    :param alive: our own id; on SQLite, where only one sends, everybody else is dead
    """
    statement = select(Delivery.sender_id).where(HELD, Delivery.sender_id != alive).distinct()
    others = [sender_id for sender_id in (await connection.execute(statement)).scalars() if sender_id is not None]
    if connection.dialect.name == "sqlite":
        return others
    return [sender_id for sender_id in others if await _is_free(connection, sender_id)]


async def wait_for_turn(connection: AsyncConnection) -> None:
    """No other sender clears the queue until the transaction ends: two at once would wait for each other's rows."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(LOCKS, 0)))  # no sender has the number 0


async def forget_senders(connection: AsyncConnection, sender_ids: list[int]) -> None:
    """Removes the rows of senders that are no more, but for those that still hold deliveries.

    SQLite would give the number of a removed row to the next sender, which must not inherit anything.
    """
    holding = select(Delivery.id).where(HELD, Delivery.sender_id == Sender.id).exists()
    await connection.execute(delete(Sender).where(Sender.id.in_(sender_ids), ~holding))


async def _is_free(connection: AsyncConnection, sender_id: int) -> bool:
    got = await connection.execute(select(func.pg_try_advisory_xact_lock(LOCKS, _key(sender_id))))
    return bool(got.scalar_one())


async def _insert(database: Database) -> int:
    async with database.begin() as connection:
        row = {"started_at": await read_moment(connection), "host": platform.node(), "process": os.getpid()}
        return (await connection.execute(insert(Sender).values(**row).returning(Sender.id))).scalar_one()


def _key(sender_id: int) -> int:
    return sender_id % 2**31  # two-part advisory locks have 32 bits each
