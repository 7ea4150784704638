"""How long picking takes, against a bare INSERT … SELECT of one row per customer of the same window, no rules."""

import asyncio
import multiprocessing
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import text

from bench.shop import SPELLED, Size, fill, open_databases, spell
from scheduler.asking.picking import pick
from scheduler.asking.policy import Policy
from scheduler.company import Company
from storage.database import Database

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
POLICY = Policy(daily_limit=10_000_000)  # everybody who may be asked
CHANNELS = (("telegram", "telegram"), ("email", "email"))

BARE = """INSERT INTO bare (token, campaign_id, customer_id, sale_id, occasion, status, asked, queued_at, send_before,
    link_until)
SELECT {token}, 1, customer_id, max(id), 'sale:' || max(id), 'open', true, {now}, {now}, {now} FROM sale
WHERE sold_at BETWEEN {since} AND {until} AND customer_id IS NOT NULL GROUP BY customer_id"""


@dataclass(frozen=True)
class Took:
    """What a piece of work took, in a process of its own."""

    seconds: float
    count: int  # rows
    memory: int  # MiB, of the process at its largest


def measure(sales: int = 10_000_000, customers: int = 1_000_000, rounds: int = 5) -> Iterator[str]:
    """Rows of a Markdown table, one an engine: what, bare and ours in seconds (medians), how many times as long."""
    for engine in SPELLED:
        yield _measure(engine, Size(sales, customers), rounds)


def _measure(engine: str, size: Size, rounds: int) -> str:
    bare, ours = [], []
    with open_databases(engine, lambda database: fill(database, size)) as copy:
        for _ in range(rounds):
            bare.append(_apart(_insert_bare, copy()))
            ours.append(_apart(_pick, copy()))
    base, seconds = (median(took.seconds for took in all_of) for all_of in (bare, ours))
    memory = max(took.memory for took in ours)
    what = f"picking at {size.sales:,} sales of {size.customers:,} customers, {ours[-1].count:,} invitations, {engine}"
    return f"| {what} | {base:.1f} s | {seconds:.1f} s, {memory} MiB | {seconds / base:.2f} × |"


def _apart(work: Callable[[Database], Awaitable[int]], url: str) -> Took:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(_run, work, url).result()


def _run(work: Callable[[Database], Awaitable[int]], url: str) -> Took:
    return asyncio.run(_take(work, url))


async def _take(work: Callable[[Database], Awaitable[int]], url: str) -> Took:
    database = Database(url)
    await _make_bare_table(database)
    start = perf_counter()
    count = await work(database)
    seconds = perf_counter() - start
    await database.close()
    return Took(seconds, count, _largest())


def _largest() -> int:
    """MiB of this process at its largest; 0 where the system doesn't say."""
    # Not getrusage, which gives a process its parent's peak from before it became itself.
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    peaks = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(peaks[0]) // 2**10 if peaks else 0


async def _insert_bare(database: Database) -> int:
    async with database.begin() as connection:
        inserted = await connection.execute(text(spell(BARE, database)))
    return inserted.rowcount


async def _pick(database: Database) -> int:
    return (await pick(database, POLICY, Company(), CHANNELS, NOW)).picked


async def _make_bare_table(database: Database) -> None:
    """The shape of `invitation`: columns, keys, indexes and foreign keys."""
    async with database.begin() as connection:
        if database.is_sqlite:
            made = await connection.execute(
                text(
                    "SELECT sql FROM sqlite_master WHERE tbl_name = 'invitation' AND sql IS NOT NULL ORDER BY type DESC"
                )
            )
            for statement in made.scalars().all():
                await connection.execute(text(statement.replace(" invitation ", " bare ").replace("ix_", "bare_")))
            return
        await connection.execute(text("CREATE TABLE bare (LIKE invitation INCLUDING ALL)"))
        await connection.execute(text("CREATE SEQUENCE bare_ids"))
        await connection.execute(text("ALTER TABLE bare ALTER id SET DEFAULT nextval('bare_ids')"))
        for table in ("campaign", "customer", "sale"):
            await connection.execute(text(f"ALTER TABLE bare ADD FOREIGN KEY ({table}_id) REFERENCES {table}"))


if __name__ == "__main__":
    for row in measure(*map(int, sys.argv[1:])):
        print(row, flush=True)
