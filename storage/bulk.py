"""Many rows into a table by the shortest way of each driver: COPY on PostgreSQL, many rows a statement on SQLite."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

_VALUES = 32_766  # that any SQLite takes in a statement


async def copy_into(
    connection: AsyncConnection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Inserts tuples as they are, in the order of `columns`; JSON is given as text.

    SQLite takes moments as `storage.moments` makes them, and days as text.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        await connection.execute(select(1))  # begins the transaction that COPY, past SQLAlchemy, would not
        raw = await connection.get_raw_connection()
        assert raw.driver_connection is not None
        await raw.driver_connection.copy_records_to_table(table.name, records=rows, columns=list(columns))
        return
    # Many rows a statement: the driver holds Python up for each statement, and a reading thread would wait each time.
    size = _VALUES // len(columns)
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        statement = _insert(table.name, tuple(columns), len(some))
        await connection.exec_driver_sql(statement, tuple(chain.from_iterable(some)))


@lru_cache(64)
def _insert(table: str, columns: tuple[str, ...], rows: int) -> str:
    marks = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([marks] * rows)}"
