"""A full disk has a name of its own, whatever the engine calls it."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from storage.database import Connection, Database
from storage.full import DatabaseFull, find_full
from storage.models import Customer
from tests.flow.world import add_customer

FULL = "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"


async def fill_up(connection: Connection) -> None:
    """Writes until there is no space; PostgreSQL, whose disk is everybody's, is made to say so."""
    await add_customer(connection, "1")
    if connection.dialect.name == "postgresql":
        await connection.execute(text(FULL))
    await connection.execute(text("PRAGMA max_page_count = 1"))  # becomes: as many as there are
    for number in range(2, 100_000):
        await add_customer(connection, str(number))


async def test_a_full_disk_is_called_so_and_leaves_nothing_of_the_transaction(database: Database) -> None:
    with pytest.raises(DatabaseFull, match="its disk is full") as caught:
        async with database.begin() as connection:
            await fill_up(connection)
    assert database.shown in str(caught.value)
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(Customer)) == 0


async def test_other_failures_keep_their_names(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with database.begin() as connection:
            await connection.execute(text("SELECT 1 FROM nowhere"))
    assert find_full(caught.value) is None


def test_a_full_disk_is_found_among_the_failures_of_several_tasks() -> None:
    full = DatabaseFull("molva.db", "disk I/O error")
    assert find_full(ExceptionGroup("tasks", [ValueError(), ExceptionGroup("more", [full])])) is full
