"""The database: one URL, two engines, write and read transactions, migrations."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.full import name_fullness
from storage.lost import name_loss
from storage.pinging import ping_when_idle
from storage.planning import plan_once
from storage.sqlite import set_up_sqlite
from storage.upgrading import current, head, upgrade
from storage.writer import Writer

Result = TypeVar("Result")
Connection = AsyncConnection  # what the floors above call it: they don't import SQLAlchemy

ATTEMPTS = 4  # at a transaction that the database gives up
PLANS_LIVE = 60  # seconds: a plan made while the tables were empty is not kept for long, see storage.planning
# PostgreSQL: two waited for each other (deadlock), or one overtook the other; SQLite: another writes and writes.
GIVEN_UP = frozenset({"40P01", "40001", "SQLITE_BUSY"})

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


class DatabaseUnavailable(Exception):
    """The database cannot be opened, or its schema is not this program's: the text says what to do."""


class WrongSchema(DatabaseUnavailable):
    """The database answers, and its schema is another version's or missing."""


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """`[database]`: where everything is kept."""

    url: str = "sqlite+aiosqlite:///molva.db"  # or postgresql+asyncpg://user:password@host/name


class Database:
    """Connections to one database; open it once, close it at the end."""

    def __init__(self, url: str) -> None:
        """:raises DatabaseUnavailable: the URL cannot be read or names an engine or driver that is not supported"""
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise DatabaseUnavailable(f"database.url cannot be read: {error}") from error
        if parsed.drivername not in DRIVERS.values():
            wanted = " or ".join(f"{driver}://…" for driver in DRIVERS.values())
            raise DatabaseUnavailable(f"database.url begins with {parsed.drivername}://; it must be {wanted}")
        self.url = parsed
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.engine: AsyncEngine = create_async_engine(parsed, pool_size=10, max_overflow=20)
        name_fullness(self.engine.sync_engine, self.shown)
        name_loss(self.engine.sync_engine)
        self._writer: Writer | None = None
        if self.is_sqlite:
            set_up_sqlite(self.engine.sync_engine)
            if parsed.database:
                straight = create_engine(parsed.set(drivername="sqlite+pysqlite"), pool_size=1)
                set_up_sqlite(straight)
                name_fullness(straight, self.shown)
                self._writer = Writer(straight, self.engine)
        else:
            ping_when_idle(self.engine.sync_engine)
            self._committing = create_async_engine(
                parsed, pool_size=2, max_overflow=8, isolation_level="AUTOCOMMIT", pool_recycle=PLANS_LIVE
            )
            for set_up in (name_loss, ping_when_idle, plan_once):
                set_up(self._committing.sync_engine)
            name_fullness(self._committing.sync_engine, self.shown)

    @property
    def path(self) -> Path | None:
        """The file of an SQLite database, absolute; None on PostgreSQL."""
        return Path(self.url.database).resolve() if self.is_sqlite and self.url.database else None

    @property
    def _whence(self) -> str:
        """Where a relative path begins: people look for it beside their configuration."""
        if Path(self.url.database or "").is_absolute():
            return ""
        return (
            f"; database.url names {self.url.database}, which is looked for in the directory that the program was "
            f"started in, {Path.cwd()}: start it elsewhere, or write the whole path (sqlite+aiosqlite:////…)"
        )

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return self.url.render_as_string(hide_password=True)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction: committed at the end, rolled back on an exception."""
        async with self.hold() as held, held.begin() as connection:
            yield connection

    async def write(self, step: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
        """What a step gives in a write transaction; begun anew, a few times, where the database gave it up.

        :param step: may be run several times, so that it must do nothing outside of its transaction
        """
        return await _persist(lambda: self._write_once(step))

    async def write_whole(self, step: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
        """As `write`, and on SQLite at a fraction of the cost.

        :param step: may also await nothing but its connection, and on SQLite runs in another thread
        :raises NotInOnePiece: on SQLite, where it awaits something else
        """
        writer = self._writer
        return await _persist(lambda: writer.write(step) if writer else self._write_once(step))

    async def write_at_once(self, step: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
        """As `write_whole`, and on PostgreSQL in one round trip instead of three.

        :param step: executes a single statement on PostgreSQL, which is committed as it ends
        """
        writer = self._writer
        return await _persist(lambda: writer.write(step) if writer else self._execute_once(step))

    async def _execute_once(self, step: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
        if self.is_sqlite:  # in memory: there is no writer
            return await self._write_once(step)
        async with self._committing.connect() as connection:
            return await step(connection)

    async def _write_once(self, step: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
        async with self.begin() as connection:
            return await step(connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads: on SQLite it doesn't wait for writers."""
        async with self.hold() as held, held.read() as connection:
            yield connection

    @asynccontextmanager
    async def hold(self) -> AsyncIterator["Held"]:
        """One connection for several transactions, one after the other, that share temporary tables."""
        async with self.engine.connect() as connection:
            yield Held(connection)

    async def upgrade(self, to: str = "head") -> str:
        """Creates or upgrades the schema; returns the revision reached.

        :param to: a revision on the way
        :raises DatabaseUnavailable: it cannot be opened
        """
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            async with self.engine.connect() as connection:
                await connection.run_sync(upgrade, to)
        except (DBAPIError, OSError) as error:
            raise DatabaseUnavailable(f"{self.shown} cannot be opened: {_reason(error)}") from error
        return head() if to == "head" else to

    async def require_schema(self) -> None:
        """
        :raises DatabaseUnavailable: it cannot be opened
        :raises WrongSchema: it is empty, or was made by another version
        """
        if self.path is not None and not self.path.exists():
            raise DatabaseUnavailable(f"there is no database at {self.path} yet: run `molva init`{self._whence}")
        try:
            async with self.read() as connection:
                revision = await connection.run_sync(current)
        except (DBAPIError, OSError) as error:
            raise DatabaseUnavailable(f"{self.shown} cannot be opened: {_reason(error)}") from error
        if revision != head():
            found = f"revision {revision}" if revision else "no tables of Molva"
            raise WrongSchema(f"{self.shown} has {found}, this version needs {head()}: run `molva init`")

    async def close(self) -> None:
        """Closes every connection."""
        if self._writer is not None:
            self._writer.close()
        if not self.is_sqlite:
            await self._committing.dispose()
        await self.engine.dispose()


class Held:
    """One connection; its transactions are as those of `Database`, and see the same temporary tables."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction: committed at the end, rolled back on an exception."""
        await self.connection.execution_options(molva_read_only=False)
        async with self.connection.begin():
            yield self.connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes nothing but temporary tables: on SQLite it doesn't wait for writers."""
        await self.connection.execution_options(molva_read_only=True)
        async with self.connection.begin():
            yield self.connection


def _code(error: DBAPIError) -> str | None:
    """How the driver calls it."""
    cause = error.orig
    found = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    return found if isinstance(found, str) else None


def _reason(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).splitlines()[0] if str(cause) else type(cause).__name__


async def _persist(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """Tries again, a few times, where the database gave the transaction up."""
    for tries in range(1, ATTEMPTS):
        try:
            return await attempt()
        except DBAPIError as error:
            if _code(error) not in GIVEN_UP:
                raise
        await asyncio.sleep(random.uniform(0, 0.05 * 2**tries))  # so that the same two don't meet again
    return await attempt()
