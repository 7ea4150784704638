"""Sending processes and the locks that tell whether they are still there.

A lock ends with its process, however that ends: an advisory lock of a connection on PostgreSQL, a locked file beside
the database on SQLite, where only one process may send.
"""

import os
import platform
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from filelock import FileLock, Timeout
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.clock import read_moment
from storage.database import Database
from storage.models import Delivery, Sender
from storage.statuses import DeliveryStatus

LOCKS = 0x4D6F6C76  # "Molv": the class of our advisory locks in a database that others may share
HELD = Delivery.status.in_((DeliveryStatus.LEASED, DeliveryStatus.SENDING))


class AnotherSender(Exception):
    """Somebody else is sending from this SQLite database: leave it to them, or stop them first."""


class LiveSender:
    """This process as a sender; alive as long as its lock."""

    def __init__(self, sender_id: int, lock: AsyncConnection | None) -> None:
        self.id = sender_id
        self._lock = lock

    async def is_alive(self) -> bool:
        """False once the lock is lost: the others take this sender for dead, and a new one has to be registered."""
        if self._lock is None:
            return True
        try:
            await self._lock.execute(select(1))
        except (DBAPIError, OSError):
            return False
        return True


@asynccontextmanager
async def register_sender(database: Database) -> AsyncIterator[LiveSender]:
    """A new sender with its lock held; both end with the block.

    :raises AnotherSender: on SQLite, where another process is sending
    """
    async with _locked(database) as sender:
        try:
            yield sender
        finally:
            with suppress(DBAPIError, OSError):
                async with database.begin() as connection:
                    await forget_senders(connection, [sender.id])


@asynccontextmanager
async def _locked(database: Database) -> AsyncIterator[LiveSender]:
    if database.path is None:
        async with database.engine.connect() as lock:
            await lock.execution_options(isolation_level="AUTOCOMMIT")  # a lock must not keep a transaction open
            sender_id = await _insert(database)
            await lock.execute(select(func.pg_advisory_lock(LOCKS, _key(sender_id))))
            try:
                yield LiveSender(sender_id, lock)
            finally:
                await lock.invalidate()  # back in the pool it would keep its lock
        return
    file = FileLock(f"{database.path}.sender.lock", thread_local=False)
    try:
        file.acquire(timeout=0)
    except Timeout as error:
        raise AnotherSender(
            f"another process is sending from {database.path}: SQLite has one sender at a time (`molva run` sends by "
            "itself); stop that one first, or keep the data in PostgreSQL, which has any number"
        ) from error
    try:
        yield LiveSender(await _insert(database), None)
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
