"""The switch that stops all questions, of every campaign and in every process: it is looked at with each mark."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Pause
from storage.upserts import insert_into

EVERYTHING = "everything"


@dataclass(frozen=True, kw_only=True)
class Paused:
    """Nothing is asked."""

    since: datetime
    by: str  # a person's name


def is_everything_paused() -> ColumnElement[bool]:
    """As a condition of another statement."""
    return select(Pause.scope).where(Pause.scope == EVERYTHING).exists()


async def read_pause(connection: AsyncConnection) -> Paused | None:
    """None: questions go out."""
    found = await connection.execute(select(Pause.since, Pause.by).where(Pause.scope == EVERYTHING))
    row = found.one_or_none()
    return Paused(since=row.since, by=row.by) if row else None


async def begin_pause(connection: AsyncConnection, by: str, now: datetime) -> bool:
    """False: everything is paused already."""
    row = {"scope": EVERYTHING, "since": now, "by": by}
    begun = insert_into(connection, Pause).values(**row).on_conflict_do_nothing().returning(Pause.scope)
    return (await connection.execute(begun)).first() is not None


async def end_pause(connection: AsyncConnection) -> bool:
    """False: nothing was paused."""
    ended = delete(Pause).where(Pause.scope == EVERYTHING).returning(Pause.scope)
    return (await connection.execute(ended)).first() is not None
