"""How long picking takes, against a bare INSERT … SELECT of one row per customer of the same window, no rules."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

from sqlalchemy import text

from bench.shop import SPELLED, open_shop, spell
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


def measure(sales: int = 1_000_000, rounds: int = 3) -> str:
    """Rows of a Markdown table, one an engine: what, bare and ours in seconds (medians), how many times as long."""
    return "\n".join(_measure(engine, sales, rounds) for engine in SPELLED)


def _measure(engine: str, sales: int, rounds: int) -> str:
    with open_shop(engine, sales) as copy:
        bare, ours, picked = [], [], 0
        for _ in range(rounds):
            bare.append(asyncio.run(_timed(copy(), _insert_bare))[0])
            seconds, picked = asyncio.run(_timed(copy(), _pick))
            ours.append(seconds)
    base, seconds = median(bare), median(ours)
    size = f"picking at {sales:,} sales, {picked:,} invitations, {engine}"
    return f"| {size} | {base:.1f} s | {seconds:.1f} s | {seconds / base:.2f} × |"


async def _timed(url: str, work: Callable[[Database], Awaitable[int]]) -> tuple[float, int]:
    """(seconds, what it counted) of work on a database of its own."""
    database = Database(url)
    await _make_bare_table(database)
    gc.collect()
    start = perf_counter()
    count = await work(database)
    seconds = perf_counter() - start
    await database.close()
    return seconds, count


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
    print(measure())
