"""Rows of one sale that stand far apart in a file: their staged parts become one."""

from collections.abc import Sequence
from datetime import tzinfo
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, Row, Table, Text, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Held
from storage.money import MOST, to_minor
from storage.sources.problems import RejectReason
from storage.staging import drop_sales
from storage.staging_tables import STAGED_LINE, STAGED_SALE

Late = tuple[int, RejectReason, str]  # line number, reason, field

SCATTERED = Table(
    "scattered",
    MetaData(),
    Column("external_id", Text, primary_key=True),
    Column("row", BigInteger, primary_key=True, autoincrement=False),  # of a part
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
STAGED, LINE = STAGED_SALE.c, STAGED_LINE.c

_AT_ONCE = 1000  # parts


class _Joined:
    """What becomes of the parts of one sale."""

    def __init__(self, parts: Sequence[Row[Any]]) -> None:
        """:param parts: in the order of the file; the first one decides what contradicts it"""
        self.kept = [parts[0]]
        self.dropped: list[tuple[int, RejectReason, str]] = []
        self.customer, currency = parts[0].customer, parts[0].currency
        for part in parts[1:]:
            if None is not self.customer != part.customer is not None:
                self.dropped.append((part.row, RejectReason.CUSTOMERS_DIFFER, "customer_id"))
            elif part.currency != currency:
                self.dropped.append((part.row, RejectReason.CURRENCIES_DIFFER, "currency"))
            else:
                self.kept.append(part)
                self.customer = self.customer or part.customer
        self.home = self.kept[0].row

    def values(self, sums: dict[int, Sequence[int | None]], zone: tzinfo) -> dict[str, Any] | None:
        """The joined sale; None where its money is more than a database holds.

        :param sums: by part, in units of 1e-8: amount, discount, cost
        """
        totals = [_total([sums[part.row][place] for part in self.kept]) for place in range(3)]
        if any(total is not None and abs(total) > MOST for total in totals):
            return None
        currency = self.kept[0].currency
        amount, discount, cost = (None if total is None else to_minor(total, currency) for total in totals)
        sold_at = min(part.sold_at for part in self.kept)
        attributes = {name: text for part in reversed(self.kept) for name, text in (part.attributes or {}).items()}
        said = {name: _first(self.kept, name) for name in ("store", "manager", "returns_sale")}
        prints = "".join(part.lines_hash for part in self.kept)
        return {
            **said, "customer": self.customer, "sold_at": sold_at, "amount": amount, "cost": cost,
            "sold_on": sold_at.astimezone(zone).date(), "discount": discount, "attributes": attributes or None,
            "lines_hash": sha256(prints.encode()).hexdigest()[:32],
        }  # fmt: skip


async def gather_scattered(held: Held, zone: tzinfo) -> list[Late]:
    """Joins the parts; a part that contradicts the first about customer or currency is taken away and told."""
    late: list[Late] = []
    after: str | None = ""
    async with held.read() as connection:
        await connection.exec_driver_sql(f"DROP TABLE IF EXISTS {SCATTERED.name}")
        await connection.run_sync(SCATTERED.create)
        await _list_parts(connection)
    while after is not None:
        async with held.read() as connection:
            parts, after = await _next_parts(connection, after)
            late += await _gather(connection, parts, zone)
    async with held.read() as connection:
        await connection.exec_driver_sql(f"DROP TABLE {SCATTERED.name}")
    return late


async def _list_parts(connection: AsyncConnection) -> None:
    """Puts down the parts of every sale that has several."""
    parts = func.count().over(partition_by=STAGED.external_id).label("parts")
    counted = select(STAGED.external_id, STAGED.row, parts).subquery()
    several = select(counted.c.external_id, counted.c.row).where(counted.c.parts > 1)
    await connection.execute(insert(SCATTERED).from_select(["external_id", "row"], several))


async def _next_parts(connection: AsyncConnection, after: str) -> tuple[list[Row[Any]], str | None]:
    """(all parts of the next sales, ordered by sale and row; after which sale to go on, None at the end)."""
    key = SCATTERED.c.external_id
    end = select(key).where(key > after).order_by(key, SCATTERED.c.row).limit(1).offset(_AT_ONCE)
    until = (await connection.execute(end)).scalar_one_or_none()
    some = select(SCATTERED.c.row).where(key > after)
    rows = (await connection.execute(some if until is None else some.where(key <= until))).scalars().all()
    found: list[Row[Any]] = []
    for start in range(0, len(rows), _AT_ONCE):
        parts = select(STAGED_SALE).where(STAGED.row.in_(rows[start : start + _AT_ONCE]))
        found += (await connection.execute(parts)).all()
    return sorted(found, key=attrgetter("external_id", "row")), until


async def _gather(connection: AsyncConnection, parts: Sequence[Row[Any]], zone: tzinfo) -> list[Late]:
    """Joins parts; all parts of each of the sales are there."""
    late: list[Late] = []
    sales = [_Joined(list(some)) for _, some in groupby(parts, key=attrgetter("external_id"))]
    sums = await _sum(connection, [part.row for part in parts])
    values = [(sale, sale.values(sums, zone)) for sale in sales]
    dropped = [told for sale in sales for told in sale.dropped]
    overflown = [part.row for sale, joined in values if joined is None for part in sale.kept]
    dropped += [(row, RejectReason.TOO_LARGE, "amount") for row in overflown]
    for row, reason, field in dropped:
        late += [(line, reason, field) for line in await drop_sales(connection, [row])]
    await _write(connection, [(sale, joined) for sale, joined in values if joined is not None and len(sale.kept) > 1])
    return late


async def _write(connection: AsyncConnection, sales: Sequence[tuple[_Joined, dict[str, Any]]]) -> None:
    if not sales:
        return
    moved = [{"part": part.row, "home": sale.home} for sale, _ in sales for part in sale.kept[1:]]
    to_home = update(STAGED_LINE).where(LINE.sale_row == bindparam("part")).values(sale_row=bindparam("home"))
    await connection.execute(to_home, moved)
    await connection.execute(delete(STAGED_SALE).where(STAGED.row == bindparam("part")), moved)
    columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in sales[0][1]}
    rows = [{"home": sale.home} | {f"new_{name}": value for name, value in joined.items()} for sale, joined in sales]
    await connection.execute(update(STAGED_SALE).where(STAGED.row == bindparam("home")).values(columns), rows)


async def _sum(connection: AsyncConnection, rows: Sequence[int]) -> dict[int, Sequence[int | None]]:
    """{row of a part: its amount, discount and cost in units of 1e-8}."""
    sums: dict[int, Sequence[int | None]] = {}
    columns = (LINE.amount_e8, LINE.discount_e8, LINE.cost_e8)
    for start in range(0, len(rows), _AT_ONCE):
        some = LINE.sale_row.in_(rows[start : start + _AT_ONCE])
        summed = select(LINE.sale_row, *map(func.sum, columns)).where(some).group_by(LINE.sale_row)
        for row, *totals in await connection.execute(summed):
            sums[row] = [None if total is None else int(total) for total in totals]
    return sums


def _total(parts: Sequence[int | None]) -> int | None:
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def _first(parts: Sequence[Row[Any]], name: str) -> Any:
    return next((value for part in parts if (value := getattr(part, name)) is not None), None)
