"""Rows read from a file and not merged yet: put down, gathered, looked over, cleared away."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.bulk import copy_into, sqlite_moment
from storage.database import Database
from storage.models import StagedContact, StagedLine, StagedSale
from storage.money import to_minor
from storage.sources.contacts import FIELDS, NOTHING
from storage.sources.options import Shop
from storage.sources.sale_rows import ReadSale, SaleBatch

SALE_COLUMNS = (
    "import_id", "row", "external_id", "customer", "sold_at", "sold_on", "amount", "currency", "discount", "cost",
    "store", "manager", "returns_sale", "attributes", "lines_hash",
)  # fmt: skip
LINE_COLUMNS = (
    "import_id", "sale_row", "row", "product", "product_group", "quantity_e8", "amount_e8", "discount_e8", "cost_e8",
)  # fmt: skip
CONTACT_COLUMNS = ("import_id", "row", "customer", *FIELDS)
STAGED = (StagedLine, StagedContact, StagedSale)

_CLEARED_AT_ONCE = 20_000  # rows


async def stage(connection: AsyncConnection, import_id: int, batch: SaleBatch, shop: Shop) -> None:
    """Puts a batch down."""
    on_sqlite = connection.dialect.name == "sqlite"
    as_moment: Callable[..., Any] = sqlite_moment if on_sqlite else _as_is
    as_day: Callable[..., Any] = str if on_sqlite else _as_is
    sales = [_staged_sale(import_id, sale, shop, as_moment, as_day) for sale in batch.sales]
    await copy_into(connection, StagedSale, SALE_COLUMNS, sales)
    await copy_into(connection, StagedLine, LINE_COLUMNS, [(import_id, *line) for line in batch.lines])
    await copy_into(connection, StagedContact, CONTACT_COLUMNS, [
        (import_id, sale.row, sale.head.customer_id, *(getattr(sale.head.contact, name) for name in FIELDS))
        for sale in batch.sales
        if sale.head.contact is not NOTHING and sale.head.customer_id is not None
    ])  # fmt: skip


async def count_staged(connection: AsyncConnection, import_id: int) -> int:
    """Sales that wait."""
    statement = select(func.count()).select_from(StagedSale).where(StagedSale.import_id == import_id)
    return (await connection.execute(statement)).scalar_one()


async def end_of_chunk(connection: AsyncConnection, import_id: int, after: int, lines: int) -> int | None:
    """The row of the last of the next sales that have about so many lines together; None: nothing is left."""
    waiting = select(StagedLine.sale_row).where(StagedLine.import_id == import_id, StagedLine.sale_row > after)
    in_order = waiting.order_by(StagedLine.sale_row, StagedLine.row)
    end = (await connection.execute(in_order.limit(1).offset(lines - 1))).scalar_one_or_none()
    if end is not None:
        return end
    last = select(func.max(StagedLine.sale_row)).where(StagedLine.import_id == import_id, StagedLine.sale_row > after)
    return (await connection.execute(last)).scalar_one()


async def drop_sales(connection: AsyncConnection, import_id: int, rows: Sequence[int]) -> list[int]:
    """Takes staged sales away by their first rows; returns the line numbers of all their rows, ascending."""
    lines: list[int] = []
    for start in range(0, len(rows), 500):
        some = rows[start : start + 500]
        dropped = delete(StagedLine).where(StagedLine.import_id == import_id, StagedLine.sale_row.in_(some))
        lines += (await connection.execute(dropped.returning(StagedLine.row))).scalars()
        for model in (StagedContact, StagedSale):
            await connection.execute(delete(model).where(model.import_id == import_id, model.row.in_(some)))
    return sorted(lines)


async def clear_chunk(connection: AsyncConnection, import_id: int, after: int, until: int) -> int:
    """Takes away the sales that were merged, with their lines; returns how many lines that were."""
    sales = StagedSale.import_id == import_id, StagedSale.row > after, StagedSale.row <= until
    await connection.execute(delete(StagedSale).where(*sales))
    lines = StagedLine.import_id == import_id, StagedLine.sale_row > after, StagedLine.sale_row <= until
    return (await connection.execute(delete(StagedLine).where(*lines))).rowcount


async def refresh_statistics(connection: AsyncConnection) -> None:
    """Lets PostgreSQL know how much was just put down: it would plan for empty tables."""
    if connection.dialect.name == "postgresql":
        for model in STAGED:
            await connection.execute(text(f"ANALYZE {model.__tablename__}"))


async def clear_staging(database: Database) -> None:
    """Takes away everything staged, whoever left it; in batches."""
    for model in STAGED:
        row = StagedLine.sale_row if model is StagedLine else model.row
        while True:
            async with database.begin() as connection:
                first = (await connection.execute(select(model.import_id).limit(1))).scalar_one_or_none()
                if first is None:
                    break
                mine = model.import_id == first
                nth = select(row).where(mine).order_by(row).limit(1).offset(_CLEARED_AT_ONCE)
                until = (await connection.execute(nth)).scalar_one_or_none()
                some = mine if until is None else mine & (row <= until)
                await connection.execute(delete(model).where(some))


async def stream(connection: AsyncConnection, statement: Any, size: int) -> AsyncIterator[Sequence[Any]]:
    """A statement's rows in parts, never all in memory."""
    result = await connection.stream(statement.execution_options(yield_per=size))
    async for part in result.partitions(size):
        yield part


def _staged_sale(
    import_id: int, sale: ReadSale, shop: Shop, as_moment: Callable[..., Any], as_day: Callable[..., Any]
) -> tuple[Any, ...]:
    head = sale.head
    currency = head.currency or shop.currency
    discount, cost = sale.discount_e8, sale.cost_e8
    return (
        import_id, sale.row, head.sale_id, head.customer_id, as_moment(head.sold_at),
        as_day(head.sold_at.astimezone(shop.zone).date()), to_minor(sale.amount_e8, currency), currency,
        None if discount is None else to_minor(discount, currency), None if cost is None else to_minor(cost, currency),
        head.store, head.manager, head.returns_sale, json.dumps(head.attributes) if head.attributes else None,
        sale.fingerprint,
    )  # fmt: skip


def _as_is(value: Any) -> Any:
    return value
