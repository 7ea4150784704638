"""Write transactions of SQLite in one piece, in a thread of their own.

The asynchronous driver crosses threads four times a statement, which costs more than the statement. A step that awaits
nothing but its connection runs from BEGIN to COMMIT on the other side instead, over a connection without that driver.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Engine, Executable
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Result = TypeVar("Result")


class NotInOnePiece(Exception):
    """A step that is written in one piece may await nothing but its connection; nothing of it was written."""


class Writer:
    """One thread, one connection, one transaction after the other."""

    def __init__(self, engine: Engine, face: AsyncEngine) -> None:
        """:param engine: of the driver without asyncio
        :param face: of the same database; what steps see looks like a connection of it
        """
        self._engine, self._face = engine, face
        self._thread = ThreadPoolExecutor(1, "molva-writer")

    async def write(self, step: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
        """What a step gives. Cancelled, it returns only once the transaction has ended, one way or the other."""
        transaction = asyncio.get_running_loop().run_in_executor(self._thread, self._write, step)
        try:
            return await asyncio.shield(transaction)
        except asyncio.CancelledError:
            await asyncio.wait({transaction})
            raise

    def close(self) -> None:
        """Closes connection and thread."""
        self._thread.shutdown()
        self._engine.dispose()

    def _write(self, step: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
        with self._engine.begin() as connection:
            return _run(step(_Straight(self._face, connection)).__await__())


class _Straight(AsyncConnection):
    """Answers at once."""

    async def execute(
        self, statement: Executable, parameters: Any = None, *, execution_options: Any = None
    ) -> CursorResult[Any]:
        return self._proxied.execute(statement, parameters, execution_options=execution_options)

    async def exec_driver_sql(
        self, statement: str, parameters: Any = None, execution_options: Any = None
    ) -> CursorResult[Any]:
        return self._proxied.exec_driver_sql(statement, parameters, execution_options)


def _run(step: Generator[Any, None, Result]) -> Result:
    """Nothing that such a step awaits ever makes it wait."""
    try:
        next(step)
    except StopIteration as done:
        result: Result = done.value
        return result
    step.close()
    raise NotInOnePiece(NotInOnePiece.__doc__)
