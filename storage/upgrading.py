"""The schema's revisions: which one a database has, and the way to another."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


@cache
def head() -> str:
    """The revision of this program's schema; files that an upgrade puts beside a running program don't change it."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


def current(connection: Connection) -> str | None:
    """The revision of the database's schema; None: it has no tables of ours."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection, to: str) -> None:
    """Brings the schema to a revision, and commits."""
    config = _config()
    config.attributes["connection"] = connection
    with _unreferenced(connection):
        command.upgrade(config, to)
        connection.commit()


@contextmanager
def _unreferenced(connection: Connection) -> Iterator[None]:
    """SQLite changes a column by making its table anew, and would miss the rows that others refer to meanwhile.

    Outside of transactions alone it can be told not to look.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config
