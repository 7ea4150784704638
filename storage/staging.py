"""Rows read from a file and not merged yet: put down, counted, walked through in chunks, taken away."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.bulk import copy_into, sqlite_moment
from storage.money import to_minor
from storage.sources.contacts import FIELDS, NOTHING
from storage.sources.options import Shop
from storage.sources.sale_rows import ReadSale, SaleBatch
from storage.staging_tables import STAGED_CONTACT, STAGED_LINE, STAGED_SALE

_SALE_COLUMNS = [column.name for column in STAGED_SALE.columns]
_LINE_COLUMNS = [column.name for column in STAGED_LINE.columns]
_CONTACT_COLUMNS = [column.name for column in STAGED_CONTACT.columns]

_AT_ONCE = 500


async def stage(connection: AsyncConnection, batch: SaleBatch, shop: Shop) -> None:
    """Puts a batch down."""
    on_sqlite = connection.dialect.name == "sqlite"
    as_moment: Callable[..., Any] = sqlite_moment if on_sqlite else _as_is
    as_day: Callable[..., Any] = str if on_sqlite else _as_is
    sales = [_staged_sale(sale, shop, as_moment, as_day) for sale in batch.sales]
    await copy_into(connection, STAGED_SALE, _SALE_COLUMNS, sales)
    await copy_into(connection, STAGED_LINE, _LINE_COLUMNS, batch.lines)
    await copy_into(connection, STAGED_CONTACT, _CONTACT_COLUMNS, [
        (sale.row, sale.head.customer_id, *(getattr(sale.head.contact, name) for name in FIELDS))
        for sale in batch.sales
        if sale.head.contact is not NOTHING and sale.head.customer_id is not None
    ])  # fmt: skip


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
    if any(ends):
        return min(end for end in ends if end is not None)
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


def _staged_sale(
    sale: ReadSale, shop: Shop, as_moment: Callable[..., Any], as_day: Callable[..., Any]
) -> tuple[Any, ...]:
    head = sale.head
    currency = head.currency or shop.currency
    discount, cost = sale.discount_e8, sale.cost_e8
    return (
        sale.row, head.sale_id, head.customer_id, as_moment(head.sold_at),
        as_day(head.sold_at.astimezone(shop.zone).date()), to_minor(sale.amount_e8, currency), currency,
        None if discount is None else to_minor(discount, currency), None if cost is None else to_minor(cost, currency),
        head.store, head.manager, head.returns_sale, json.dumps(head.attributes) if head.attributes else None,
        sale.fingerprint,
    )  # fmt: skip


def _as_is(value: Any) -> Any:
    return value
