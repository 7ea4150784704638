"""Rows of one sale that stand far apart in a file: their staged parts become one."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.models import StagedLine, StagedSale
from storage.money import MOST, to_minor
from storage.sources.problems import RejectReason
from storage.staging import drop_sales, stream

Late = tuple[int, RejectReason, str]  # line number, reason, field

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
            **said, "home": self.home, "customer": self.customer, "sold_at": sold_at, "amount": amount, "cost": cost,
            "sold_on": sold_at.astimezone(zone).date(), "discount": discount, "attributes": attributes or None,
            "lines_hash": sha256(prints.encode()).hexdigest()[:32],
        }  # fmt: skip


async def gather_scattered(database: Database, import_id: int, zone: tzinfo) -> list[Late]:
    """Joins the parts; a part that contradicts the first about customer or currency is taken away and told."""
    late: list[Late] = []
    waiting: list[int] = []
    current = None
    async with database.read() as reading:
        async for found in stream(reading, _scattered(import_id), _AT_ONCE):
            for row, external_id in found:
                if external_id != current and len(waiting) >= _AT_ONCE:
                    late += await _gather(database, import_id, waiting, zone)
                    waiting = []
                current = external_id
                waiting.append(row)
    return late + (await _gather(database, import_id, waiting, zone) if waiting else [])


def _scattered(import_id: int) -> Select[tuple[int, str]]:
    parts = func.count().over(partition_by=StagedSale.external_id).label("parts")
    counted = select(StagedSale.row, StagedSale.external_id, parts).where(StagedSale.import_id == import_id).subquery()
    several = select(counted.c.row, counted.c.external_id).where(counted.c.parts > 1)
    return several.order_by(counted.c.external_id, counted.c.row)


async def _gather(database: Database, import_id: int, rows: Sequence[int], zone: tzinfo) -> list[Late]:
    """Joins the parts that begin in these rows: all parts of each of their sales."""
    late: list[Late] = []
    async with database.begin() as connection:
        sales = [_Joined(parts) for parts in await _load(connection, import_id, rows)]
        sums = await _sum(connection, import_id, rows)
        values = [(sale, sale.values(sums, zone)) for sale in sales]
        dropped = [told for sale in sales for told in sale.dropped]
        dropped += [
            (part.row, RejectReason.TOO_LARGE, "amount")
            for sale, joined in values
            if joined is None
            for part in sale.kept
        ]
        for row, reason, field in dropped:
            late += [(line, reason, field) for line in await drop_sales(connection, import_id, [row])]
        await _write(connection, import_id, [(sale, joined) for sale, joined in values if joined is not None])
    return late


async def _write(connection: AsyncConnection, import_id: int, sales: Sequence[tuple[_Joined, dict[str, Any]]]) -> None:
    moved = [{"part": part.row, "home": sale.home} for sale, _ in sales for part in sale.kept[1:]]
    if not moved:
        return
    mine = (StagedLine.import_id == import_id, StagedLine.sale_row == bindparam("part"))
    await connection.execute(update(StagedLine).where(*mine).values(sale_row=bindparam("home")), moved)
    mine = (StagedSale.import_id == import_id, StagedSale.row == bindparam("part"))
    await connection.execute(delete(StagedSale).where(*mine), moved)
    of_home = (StagedSale.import_id == import_id, StagedSale.row == bindparam("home"))
    columns: dict[str, Any] = {name: bindparam(name) for name in sales[0][1] if name != "home"}
    await connection.execute(update(StagedSale).where(*of_home).values(columns), [joined for _, joined in sales])


async def _load(connection: AsyncConnection, import_id: int, rows: Sequence[int]) -> Iterator[list[Row[Any]]]:
    """The parts of each sale, in the order of the file."""
    found: list[Row[Any]] = []
    for start in range(0, len(rows), _AT_ONCE):
        some = StagedSale.row.in_(rows[start : start + _AT_ONCE])
        mine = select(StagedSale.__table__).where(StagedSale.import_id == import_id, some)
        found += (await connection.execute(mine)).all()
    found.sort(key=attrgetter("external_id", "row"))
    return (list(parts) for _, parts in groupby(found, key=attrgetter("external_id")))


async def _sum(connection: AsyncConnection, import_id: int, rows: Sequence[int]) -> dict[int, Sequence[int | None]]:
    sums: dict[int, Sequence[int | None]] = {}
    columns = (StagedLine.amount_e8, StagedLine.discount_e8, StagedLine.cost_e8)
    for start in range(0, len(rows), _AT_ONCE):
        some = StagedLine.sale_row.in_(rows[start : start + _AT_ONCE])
        summed = select(StagedLine.sale_row, *map(func.sum, columns)).where(StagedLine.import_id == import_id, some)
        for row, *totals in await connection.execute(summed.group_by(StagedLine.sale_row)):
            sums[row] = [None if total is None else int(total) for total in totals]
    return sums


def _total(parts: Sequence[int | None]) -> int | None:
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def _first(parts: Sequence[Row[Any]], name: str) -> Any:
    return next((value for part in parts if (value := getattr(part, name)) is not None), None)
