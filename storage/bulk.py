"""Many rows into a table by the shortest way that each driver has: COPY on PostgreSQL, plain tuples on SQLite."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Base


async def copy_into(
    connection: AsyncConnection, model: type[Base], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Inserts tuples as they are, in the order of `columns`; JSON is given as text.

    SQLite takes moments as `sqlite_moment` makes them, and days as text.
    """
    if not rows:
        return
    table = model.__table__
    assert isinstance(table, Table)
    if connection.dialect.name == "postgresql":
        await connection.execute(select(1))  # begins the transaction that COPY, past SQLAlchemy, would not
        raw = await connection.get_raw_connection()
        assert raw.driver_connection is not None
        await raw.driver_connection.copy_records_to_table(table.name, records=rows, columns=list(columns))
        return
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"
    await connection.exec_driver_sql(statement, rows)


def sqlite_moment(moment: datetime) -> str:
    """An aware moment as SQLAlchemy keeps it in SQLite."""
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")
