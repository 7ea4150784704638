"""The database's own clock: what several machines agree on."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Double, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Seconds(FunctionElement[float]):
    """Seconds since 1970 at the moment of evaluation.

    A function, because the text of a statement with any other element of ours is made anew each time.
    """

    inherit_cache = True
    type = Double()


@compiles(Seconds, "postgresql")
def _on_postgresql(_element: Seconds, _compiler: SQLCompiler, **_: Any) -> str:
    return "extract(epoch FROM clock_timestamp())::double precision"


@compiles(Seconds, "sqlite")
def _on_sqlite(_element: Seconds, _compiler: SQLCompiler, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


async def read_seconds(connection: AsyncConnection) -> float:
    """Seconds since 1970 on the database's clock."""
    return (await connection.execute(select(Seconds()))).scalar_one()


async def read_moment(connection: AsyncConnection) -> datetime:
    """The database's clock as an aware moment."""
    return datetime.fromtimestamp(await read_seconds(connection), UTC)
