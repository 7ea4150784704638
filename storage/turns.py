"""Turns: what writes many customers in one transaction, or decides who is staff, goes one after the other.

Two that write many customers at once (a daily round, the start of a campaign, a file of customers) would wait for each
other's rows. SQLite has one writer at a time anyway.
"""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

LOCKS = 0x4D6F6C79  # the class of our advisory locks for turns


async def wait_for_customers(connection: AsyncConnection) -> None:
    """Nobody else writes many customers until the transaction ends; to be called before anything is locked."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(LOCKS, 0)))


async def wait_for_staff(connection: AsyncConnection) -> None:
    """Nobody else changes who is staff until the transaction ends."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(LOCKS, 1)))
