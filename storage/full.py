"""A database that cannot be written any more, because its disk is full or fails."""

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

CODES = ("SQLITE_FULL", "SQLITE_IOERR", "53100")  # how the drivers' codes begin


class DatabaseFull(Exception):
    """Make space on its disk. Nothing is left of the transaction that met it."""

    def __init__(self, where: str, said: str) -> None:
        """:param where: the database without its password; said: what the engine called it"""
        super().__init__(f"{where} could not be written ({said}): its disk is full, or fails")


def name_fullness(engine: Engine, where: str) -> None:
    """From here on the engine's own errors of that kind are `DatabaseFull`."""

    def translate(context: ExceptionContext) -> None:
        cause = context.original_exception
        code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
        if isinstance(code, str) and code.startswith(CODES):
            raise DatabaseFull(where, str(cause).partition("\n")[0]) from cause

    event.listen(engine, "handle_error", translate)


def find_full(error: BaseException | None) -> DatabaseFull | None:
    """The reason why something failed, where it was that; also among the failures of several tasks."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for one in error.exceptions if (found := find_full(one))), None)
    return error if isinstance(error, DatabaseFull) else None
