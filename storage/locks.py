"""Locks that end with their process, however that ends: each is an advisory lock of a PostgreSQL connection of its own.

SQLite has locked files instead, see who uses them.
"""

import asyncio
from contextlib import suppress

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database

PATIENCE = 10.0  # seconds for an answer over the lock's connection; longer is as good as lost
# A machine that vanishes sends no farewell: its server notices within this many seconds, not after two hours.
KEEPALIVES = ("tcp_keepalives_idle = 10", "tcp_keepalives_interval = 5", "tcp_keepalives_count = 3")


class HeldLock:
    """A lock in our hands, until it is released or its connection is lost."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection: AsyncConnection | None = connection
        self._one_question = asyncio.Lock()  # a connection answers one at a time

    async def is_held(self) -> bool:
        """False once the connection is lost: somebody else may have the lock by now. It never comes back."""
        async with self._one_question:
            if self._connection is not None and not await _answers(self._connection):
                await self._let_go()
            return self._connection is not None

    async def release(self) -> None:
        """Gives it back; doing it twice is no harm."""
        async with self._one_question:
            await self._let_go()

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await _drop(connection)


async def try_lock(database: Database, space: int, number: int) -> HeldLock | None:
    """Takes a lock of a PostgreSQL database; None: somebody else has it.

    :param space: tells our kinds of locks apart, in a database that others may share; 32 bits, as `number`
    """
    connection = await database.engine.connect()
    try:
        await connection.execution_options(isolation_level="AUTOCOMMIT")  # a lock must not keep a transaction open
        for setting in KEEPALIVES:
            await connection.exec_driver_sql(f"SET {setting}")
        got = await connection.execute(select(func.pg_try_advisory_lock(space, number)))
        if got.scalar_one():
            return HeldLock(connection)
    except BaseException:
        await _drop(connection)
        raise
    await _drop(connection)
    return None


async def _answers(connection: AsyncConnection) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await connection.execute(select(1))
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    return True


async def _drop(connection: AsyncConnection) -> None:
    with suppress(SQLAlchemyError, OSError):
        await connection.invalidate()  # back in the pool it would keep its lock
    with suppress(SQLAlchemyError, OSError):
        await connection.close()
