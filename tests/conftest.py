"""Real counterparts for every test: SQLite and PostgreSQL with the whole schema, empty each time."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from tests import postgres
from tests.reusing import ReusedDatabase

# Several processes share a server, on which their databases must not meet.
PROCESS = os.environ.get("PYTEST_XDIST_WORKER", "alone")
SHARED_SERVER = pytest.StashKey[str]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Before each process that will run tests beside others: the one that starts them all owns the server."""
    config: pytest.Config = node.config
    if SHARED_SERVER not in config.stash:
        running = ExitStack()
        config.add_cleanup(running.close)
        config.stash[SHARED_SERVER] = running.enter_context(postgres.run_server())
    node.workerinput["postgres"] = config.stash[SHARED_SERVER]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the whole schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(_upgrade(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of the suite's PostgreSQL, see `postgres.at`."""
    shared: str | None = getattr(request.config, "workerinput", {}).get("postgres")
    if shared is not None:
        yield shared
        return
    with postgres.run_server() as url:
        yield url


@pytest.fixture(scope="session")
def reused_database(postgres_server: str) -> ReusedDatabase:
    """This process's database with the whole schema, for one test after the other."""
    template = f"template_{PROCESS}"
    postgres.execute(postgres_server, f"CREATE DATABASE {template}")
    asyncio.run(_upgrade(_asyncpg(postgres.at(postgres_server, template))))
    return ReusedDatabase(postgres_server, f"molva_{PROCESS}", template)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database with the whole schema, once per engine."""
    if request.param == "sqlite":
        path = tmp_path / "molva.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    reused: ReusedDatabase = request.getfixturevalue("reused_database")
    failed = request.session.testsfailed
    yield _asyncpg(reused.lend())
    reused.take_back(again=request.session.testsfailed == failed)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An empty database, open, once per engine."""
    opened = Database(database_url)
    yield opened
    await opened.close()


def _asyncpg(url: str) -> str:
    """The same for SQLAlchemy."""
    return "postgresql+asyncpg://" + url.partition("://")[2]


async def _upgrade(url: str) -> None:
    database = Database(url)
    try:
        await database.upgrade()
    finally:
        await database.close()
