"""A part of a transaction that can be taken back alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection


@asynccontextmanager
async def savepoint(connection: AsyncConnection) -> AsyncIterator[None]:
    """What the block wrote is taken back on an exception; the transaction goes on."""
    await connection.exec_driver_sql("SAVEPOINT part")
    try:
        yield
    except BaseException:
        await connection.exec_driver_sql("ROLLBACK TO SAVEPOINT part")
        await connection.exec_driver_sql("RELEASE SAVEPOINT part")
        raise
    await connection.exec_driver_sql("RELEASE SAVEPOINT part")
