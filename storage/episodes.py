"""Trouble with channels that does not pass by itself: from its first sign until it has been quiet for long."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Delivery, Episode
from storage.statuses import DeliveryStatus, EpisodeKind
from storage.upserts import insert_into


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One channel's episode of one kind."""

    channel: str
    kind: EpisodeKind
    reason: str  # of its last sign, as the other side put it
    began_at: datetime
    last_at: datetime


async def note_trouble(
    connection: AsyncConnection, channel: str, kind: EpisodeKind, reason: str, *, now: datetime, quiet_since: datetime
) -> None:
    """A sign of trouble: of the episode that goes on, or of a new one where the last sign came before `quiet_since`."""
    row = {"channel": channel, "kind": kind, "reason": reason, "began_at": now, "last_at": now, "told_at": None}
    is_new = Episode.last_at < quiet_since
    changed = {
        "reason": reason,
        "last_at": now,
        "began_at": case((is_new, now), else_=Episode.began_at),
        "told_at": case((is_new, None), else_=Episode.told_at),
    }
    insert = insert_into(connection, Episode).values(**row)
    await connection.execute(insert.on_conflict_do_update(index_elements=["channel", "kind"], set_=changed))


async def is_untold(connection: AsyncConnection, lasting_since: datetime) -> bool:
    """Whether there is trouble that nobody was told of.

    :param lasting_since: since when a channel is away at the least to be trouble
    """
    untold = select(1).where(Episode.told_at.is_(None), _is_lasting(lasting_since))
    return bool((await connection.execute(select(untold.exists()))).scalar_one())


async def take_untold(connection: AsyncConnection, now: datetime, lasting_since: datetime) -> list[Trouble]:
    """The trouble that was not told yet, and is from now on."""
    taken = update(Episode).where(Episode.told_at.is_(None), _is_lasting(lasting_since)).values(told_at=now)
    return [_read(row) for row in await connection.execute(taken.returning(Episode.__table__))]


async def find_trouble(connection: AsyncConnection, since: datetime, *, lasting_since: datetime) -> list[Trouble]:
    """What had a sign since then; a refusal is over once a question was accepted after it."""
    goes_on = or_(Episode.kind != EpisodeKind.REFUSED, ~_is_accepted_after(Episode.last_at))
    found = select(Episode.__table__).where(Episode.last_at >= since, goes_on, _is_lasting(lasting_since))
    return [_read(row) for row in await connection.execute(found.order_by(Episode.began_at))]


def _is_lasting(since: datetime) -> ColumnElement[bool]:
    """A channel is trouble by being away once that lasts, and nothing was accepted meanwhile; all else is at once."""
    is_away_long = and_(Episode.began_at <= since, ~_is_accepted_after(Episode.began_at))
    return or_(Episode.kind != EpisodeKind.AWAY, is_away_long)


def _is_accepted_after(moment: SQLColumnExpression[datetime]) -> ColumnElement[bool]:
    accepted = select(Delivery.id).where(
        Delivery.handed_at > moment, Delivery.channel == Episode.channel, Delivery.status == DeliveryStatus.SENT
    )
    return accepted.exists()


def _read(row: Any) -> Trouble:
    values = {name: getattr(row, name) for name in ("channel", "reason", "began_at", "last_at")}
    return Trouble(kind=EpisodeKind(row.kind), **values)
