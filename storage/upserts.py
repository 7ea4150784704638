"""INSERT … ON CONFLICT, spelled alike for both engines."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models.base import Base

Insert = postgresql.Insert | sqlite.Insert


def insert_into(connection: AsyncConnection, model: type[Base] | Table) -> Any:
    """An INSERT of the connection's engine: it knows on_conflict_do_nothing and on_conflict_do_update."""
    return insert_for(connection.dialect.name, model)


def insert_for(engine: str, model: type[Base] | Table) -> Any:
    """The same by the engine's name, of which a statement can be built once."""
    return postgresql.insert(model) if engine == "postgresql" else sqlite.insert(model)
