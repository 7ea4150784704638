"""How long an import takes, against a bare pass that parses dates and decimals and inserts the lines into sqlite3."""

import asyncio
import csv
import gc
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

from scheduler.company import Company
from scheduler.intake.listening import Listener
from scheduler.intake.sales import SalesFile, import_sales
from storage.database import Database

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HEADER = ("sale_id", "sold_at", "customer_id", "product", "product_group", "quantity", "unit_price", "store")


def measure(rows: int = 1_000_000, rounds: int = 3) -> Iterator[str]:
    """A row of a Markdown table: what, size, the bare pass and ours in seconds (medians), how many times as long."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "lines.csv")
        write_lines(file, rows)
        bare, ours = [], []
        for number in range(rounds):
            bare.append(_timed(pass_bare, file, Path(folder, f"bare{number}.db")))
            path = Path(folder, f"ours{number}.db")
            asyncio.run(_prepare(path))
            ours.append(_timed(pass_ours, file, path))
    seconds, base = median(ours), median(bare)
    speed = f"{seconds:.1f} s ({rows / seconds:,.0f} rows/s)"
    yield f"| import of {rows:,} lines | {base:.1f} s | {speed} | {seconds / base:.2f} × |"


def write_lines(file: Path, rows: int) -> None:
    """A shop's lines in the order of their sales, one to nine a sale, the same to the byte every time."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        writer.writerows(line for line, _ in zip(_lines(Random(7), rows), range(rows), strict=False))


def _lines(chance: Random, rows: int) -> Iterator[tuple[str, ...]]:
    customers = max(1, rows // 15)
    start = datetime(2024, 1, 1)  # noqa: DTZ001 -- a shop's file has no offsets
    step = timedelta(days=1000) / rows
    number = made = 0
    while True:
        number += 1
        customer = str(100_000 + chance.randrange(customers)) if chance.random() < 0.8 else ""
        sold_at = (start + step * made).isoformat(" ", "seconds")
        store = f"Store {chance.randrange(12)}"
        for _ in range(chance.randrange(1, 10)):
            product = chance.randrange(3000)
            price = f"{5 + product % 97}.{product % 100:02}"
            quantity = str(chance.randrange(1, 13))
            yield f"S{number:08}", sold_at, customer, f"P{product:05}", f"Group {product % 40}", quantity, price, store
            made += 1


def pass_bare(file: Path, path: Path) -> None:
    """The least that one could do."""
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE line (sale, sold_at, customer, product, product_group, quantity, unit_price, store)")
    with file.open(encoding="utf-8", newline="") as lines, database:
        records = csv.reader(lines)
        next(records)
        database.executemany(
            "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    sale,
                    str(datetime.fromisoformat(at)),
                    customer,
                    product,
                    group,
                    str(Decimal(count)),
                    str(Decimal(price)),
                    store,
                )
                for sale, at, customer, product, group, count, price, store in records
            ),
        )
    database.close()


def pass_ours(file: Path, path: Path) -> None:
    """The whole import, into an empty database."""
    asyncio.run(_import(file, path))


async def _prepare(path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    await database.upgrade()
    await database.close()


async def _import(file: Path, path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    try:
        counts = await import_sales(database, SalesFile(path=file), Company(), NOW, Listener())
        assert counts.rejected == counts.unchanged == 0
    finally:
        await database.close()


def _timed(work: Callable[[Path, Path], None], file: Path, path: Path) -> float:
    gc.collect()
    started = perf_counter()
    work(file, path)
    return perf_counter() - started


if __name__ == "__main__":
    print(*measure())
