"""A database server that is away, or went away in the middle of the work."""

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError

CODES = ("08", "57P")  # how PostgreSQL's codes begin: connection exception, shutdown and start


class DatabaseLost(ConnectionError):
    """The server cannot be reached: start it, or mend database.url."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"the server cannot be reached: {error}")


def name_loss(engine: Engine) -> None:
    """From here on the errors of the way to the server are `DatabaseLost`, which no file's errors are taken for."""

    def connect(dialect: Dialect, _record: Any, arguments: Any, options: Any) -> Any:
        try:
            return dialect.connect(*arguments, **options)
        except OSError as error:
            raise DatabaseLost(error) from error

    event.listen(engine, "do_connect", connect)


def find_lost(error: BaseException | None) -> str | None:
    """What the server or the way to it said, where that is why something failed; also among several tasks' failures."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for one in error.exceptions if (found := find_lost(one))), None)
    if isinstance(error, DBAPIError):
        code = getattr(error.orig, "sqlstate", None) or ""
        return str(error.orig).partition("\n")[0] if error.connection_invalidated or code.startswith(CODES) else None
    return str(error) if isinstance(error, DatabaseLost) else None
