"""Staged sales become sales, a chunk at a time: a file's lines replace the lines that their sale had before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.customers import add_customers
from storage.models import Customer, ImportChange, Sale, SaleLine
from storage.staging_tables import STAGED_LINE, STAGED_SALE
from storage.statuses import ChangeKind
from storage.upserts import insert_into

COPIED = (
    "external_id", "sold_at", "sold_on", "amount", "currency", "discount", "cost", "store", "manager", "returns_sale",
    "attributes", "lines_hash",
)  # fmt: skip
LINE_FIELDS = ("product", "product_group", "quantity_e8", "amount_e8", "discount_e8", "cost_e8")

STAGED, LINE = STAGED_SALE.c, STAGED_LINE.c

_AT_ONCE = 500


async def merge_chunk(connection: AsyncConnection, import_id: int, after: int, until: int, now: datetime) -> int:
    """Merges the staged sales whose first rows lie in after < row <= until; returns how many they are.

    Doing it again changes nothing.
    """
    chunk = (STAGED.row > after) & (STAGED.row <= until)
    await _prefer_lookups(connection)
    sales = (await connection.execute(select(func.count()).select_from(STAGED_SALE).where(chunk))).scalar_one()
    await _forget_unchanged(connection, chunk)
    await _add_new_customers(connection, import_id, chunk, now)
    await _set_aside_replaced(connection, import_id, chunk)
    await _write_sales(connection, import_id, chunk)
    await _write_lines(connection, chunk)
    return sales


async def count_effect(connection: AsyncConnection) -> dict[str, int]:
    """What merging everything staged would do: sales, returns, anonymous_sales, customers, updated."""
    staged = select(STAGED_SALE).outerjoin(Sale, Sale.external_id == STAGED.external_id)
    is_new, is_known = Sale.id.is_(None), STAGED.customer.is_not(None)
    counts = staged.with_only_columns(
        func.count().filter(is_new, is_known, STAGED.amount >= 0),
        func.count().filter(is_new, is_known, STAGED.amount < 0),
        func.count().filter(is_new, ~is_known),
        func.count().filter(~is_new, Sale.lines_hash.is_distinct_from(STAGED.lines_hash)),
    )
    sales, returns, anonymous, updated = (await connection.execute(counts)).one()
    strangers = (
        select(func.count(STAGED.customer.distinct()))
        .outerjoin(Customer, Customer.external_id == STAGED.customer)
        .where(is_known, Customer.id.is_(None))
    )
    return {
        "sales": sales, "returns": returns, "anonymous_sales": anonymous,
        "customers": (await connection.execute(strangers)).scalar_one(), "updated": updated,
    }  # fmt: skip


def snapshot(sale: Any, lines: Sequence[Any]) -> dict[str, Any]:
    """A sale with its lines as plain data, to be put back by `storage.undoing`."""
    kept = {name: getattr(sale, name) for name in (*COPIED, "customer_id", "import_id")}
    kept |= {"sold_at": sale.sold_at.isoformat(), "sold_on": sale.sold_on.isoformat()}
    return {**kept, "lines": [[line.position, *(getattr(line, name) for name in LINE_FIELDS)] for line in lines]}


async def _prefer_lookups(connection: AsyncConnection) -> None:
    """PostgreSQL would rather read all sales once a chunk than look some thousand up: cheaper once, not every time."""
    if connection.dialect.name == "postgresql":
        for way in ("enable_hashjoin", "enable_mergejoin"):
            await connection.exec_driver_sql(f"SET LOCAL {way} = off")


async def _forget_unchanged(connection: AsyncConnection, chunk: ColumnElement[bool]) -> None:
    """What is there already, as it is, isn't staged any longer."""
    same = select(Sale.id).where(Sale.external_id == STAGED.external_id, Sale.lines_hash == STAGED.lines_hash)
    await connection.execute(delete(STAGED_SALE).where(chunk, same.exists()))


async def _add_new_customers(
    connection: AsyncConnection, import_id: int, chunk: ColumnElement[bool], now: datetime
) -> None:
    statement = (
        select(STAGED.customer)
        .distinct()
        .outerjoin(Customer, Customer.external_id == STAGED.customer)
        .where(chunk, STAGED.customer.is_not(None), Customer.id.is_(None))
    )
    strangers = [name for name in (await connection.execute(statement)).scalars() if name is not None]
    highest = await add_customers(connection, strangers, now)
    made = select(literal(import_id), literal(ChangeKind.NEW_CUSTOMER.value), Customer.id).where(Customer.id > highest)
    await connection.execute(insert(ImportChange).from_select(["import_id", "kind", "row_id"], made))


async def _set_aside_replaced(connection: AsyncConnection, import_id: int, chunk: ColumnElement[bool]) -> None:
    """Keeps the sales that are about to be replaced, for taking the import back, and removes their lines."""
    statement = select(Sale.__table__).join(STAGED_SALE, STAGED.external_id == Sale.external_id).where(chunk)
    replaced = (await connection.execute(statement)).all()
    change = {"import_id": import_id, "kind": ChangeKind.SALE}
    for start in range(0, len(replaced), _AT_ONCE):
        some = replaced[start : start + _AT_ONCE]
        of_these = SaleLine.sale_id.in_([sale.id for sale in some])
        lines: dict[int, list[Any]] = {}
        ordered = select(SaleLine.__table__).where(of_these).order_by(SaleLine.sale_id, SaleLine.position)
        for line in await connection.execute(ordered):
            lines.setdefault(line.sale_id, []).append(line)
        # What this import itself wrote before it was interrupted has its older state on record already.
        older = [sale for sale in some if sale.import_id != import_id]
        changes = [{**change, "row_id": sale.id, "before": snapshot(sale, lines.get(sale.id, []))} for sale in older]
        if changes:
            await connection.execute(insert(ImportChange), changes)
        await connection.execute(delete(SaleLine).where(of_these))


async def _write_sales(connection: AsyncConnection, import_id: int, chunk: ColumnElement[bool]) -> None:
    source = (
        select(*(STAGED[name] for name in COPIED), Customer.id, literal(import_id))
        .outerjoin(Customer, Customer.external_id == STAGED.customer)
        .where(chunk)
        .order_by(STAGED.row)
    )
    written = (*COPIED, "customer_id", "import_id")
    statement = insert_into(connection, Sale).from_select(written, source)
    replacing = {name: statement.excluded[name] for name in written if name != "external_id"}
    await connection.execute(statement.on_conflict_do_update(index_elements=["external_id"], set_=replacing))


async def _write_lines(connection: AsyncConnection, chunk: ColumnElement[bool]) -> None:
    # Told that both lie in the chunk, SQLite would read all the chunk's lines for every sale; + 0 hides it.
    row = STAGED.row + 0
    source = (
        select(Sale.id, LINE.row - STAGED.row + 1, *(LINE[name] for name in LINE_FIELDS))
        .select_from(STAGED_SALE)
        .join(Sale, Sale.external_id == STAGED.external_id)
        .join(STAGED_LINE, LINE.sale_row == row)
        .where(chunk)
        .order_by(STAGED.row, LINE.row)
    )
    await connection.execute(insert(SaleLine).from_select(["sale_id", "position", *LINE_FIELDS], source))
