"""SQLite as we use it: what every connection is set to, and how its transactions begin."""

from typing import Any

from sqlalchemy import Connection as SyncConnection
from sqlalchemy import Engine, event

from storage.functions import SQLITE_TOKEN, new_token


def set_up_sqlite(engine: Engine) -> None:
    """Write-ahead log, full durability, foreign keys; write transactions that take their lock at once."""
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.create_function(SQLITE_TOKEN, 0, new_token)
    connection.isolation_level = None  # the driver would begin late and in the wrong mode; _begin_sqlite does it
    cursor = connection.cursor()
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: SyncConnection) -> None:
    # A write transaction takes its lock at once: upgrading a read lock later could only fail.
    read_only = connection.get_execution_options().get("molva_read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
