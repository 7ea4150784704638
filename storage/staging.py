"""Rows read from a file and not merged yet: put down, counted, walked through in chunks, taken away."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.bulk import copy_into
from storage.sources.staged_rows import CONTACT_COLUMNS, LINE_COLUMNS, SALE_COLUMNS, StagedBatch
from storage.staging_tables import STAGED_CONTACT, STAGED_LINE, STAGED_SALE

_AT_ONCE = 500


async def stage(connection: AsyncConnection, batch: StagedBatch) -> None:
    """Puts a batch down."""
    await copy_into(connection, STAGED_SALE, SALE_COLUMNS, batch.sales)
    await copy_into(connection, STAGED_LINE, LINE_COLUMNS, batch.lines)
    await copy_into(connection, STAGED_CONTACT, CONTACT_COLUMNS, batch.contacts)


async def count_staged(connection: AsyncConnection) -> int:
    """Sales that wait."""
    return (await connection.execute(select(func.count()).select_from(STAGED_SALE))).scalar_one()


async def end_of_chunk(connection: AsyncConnection, after: int, *, sales: int, lines: int) -> int | None:
    """The row of the last of the next sales that are about so many, or have so many lines; None: nothing is left."""
    staged, line = STAGED_SALE.c.row, STAGED_LINE.c
    by_sales = select(staged).where(staged > after).order_by(staged).limit(1).offset(sales - 1)
    waiting = select(line.sale_row).where(line.sale_row > after).order_by(line.sale_row, line.row)
    by_lines = waiting.limit(1).offset(lines - 1)
    ends = [(await connection.execute(end)).scalar_one_or_none() for end in (by_sales, by_lines)]
    reached: list[int] = [end for end in ends if end is not None]
    if reached:
        return min(reached)
    last: int | None = (await connection.execute(select(func.max(staged)).where(staged > after))).scalar_one()
    return last


async def drop_sales(connection: AsyncConnection, rows: Sequence[int]) -> list[int]:
    """Takes staged sales away by their first rows; returns the line numbers of all their rows."""
    lines: list[int] = []
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        dropped = delete(STAGED_LINE).where(STAGED_LINE.c.sale_row.in_(some)).returning(STAGED_LINE.c.row)
        lines += (await connection.execute(dropped)).scalars()
        for table in (STAGED_CONTACT, STAGED_SALE):
            await connection.execute(delete(table).where(table.c.row.in_(some)))
    return lines


async def stream(connection: AsyncConnection, statement: Any, size: int) -> AsyncIterator[Sequence[Any]]:
    """A statement's rows in parts, never all in memory."""
    result = await connection.stream(statement.execution_options(yield_per=size))
    async for part in result.partitions(size):
        yield part
