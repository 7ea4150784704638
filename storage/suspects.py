"""Answers that may be no person's: told from those that count, kept beside a person's, accepted by staff."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Invitation, Response, ResponseChange
from storage.statuses import InvitationStatus


def counts() -> ColumnElement[bool]:
    """An answer that figures count: not suspect, or accepted by staff."""
    return or_(Response.suspect.is_(None), Response.accepted_at.is_not(None))


def is_doubtful() -> ColumnElement[bool]:
    """A suspect answer that nobody has accepted."""
    return and_(Response.suspect.is_not(None), Response.accepted_at.is_(None))


async def is_suspect(connection: AsyncConnection, response_id: int) -> bool:
    """An answer, as it stands, may be no person's, whether or not somebody accepted it."""
    found = await connection.execute(select(Response.suspect).where(Response.id == response_id))
    return found.scalar_one() is not None


async def scores_since(connection: AsyncConnection, response_id: int, since: datetime) -> set[int]:
    """The different scores that a response was given since then, those set aside included."""
    given = select(ResponseChange.score).where(ResponseChange.response_id == response_id, ResponseChange.at >= since)
    return set((await connection.execute(given)).scalars())


async def version_before(connection: AsyncConnection, response_id: int, before: datetime) -> Any:
    """The score that stood at a moment, and was no suspect one; None: there was none yet."""
    stood = (
        select(ResponseChange.score)
        .where(ResponseChange.response_id == response_id, ResponseChange.at < before, ResponseChange.suspect.is_(None))
        .order_by(ResponseChange.id.desc())
        .limit(1)
    )
    return (await connection.execute(stood)).one_or_none()


async def set_aside(connection: AsyncConnection, response_id: int, at: datetime, **version: Any) -> None:
    """Keeps a version that never stood."""
    await connection.execute(insert(ResponseChange).values(response_id=response_id, at=at, **version))


async def comment_aside(connection: AsyncConnection, response_id: int, comment: str) -> None:
    """Puts a comment on the version that was set aside last."""
    aside = (
        select(ResponseChange.id)
        .where(ResponseChange.response_id == response_id, ResponseChange.suspect.is_not(None))
        .order_by(ResponseChange.id.desc())
        .limit(1)
    )
    await connection.execute(
        update(ResponseChange).where(ResponseChange.id == aside.scalar_subquery()).values(comment=comment)
    )


async def reopen(connection: AsyncConnection, invitation_id: int) -> None:
    """The invitation waits for an answer again."""
    await connection.execute(
        update(Invitation)
        .where(Invitation.id == invitation_id, Invitation.status == InvitationStatus.ANSWERED)
        .values(status=InvitationStatus.OPEN, answered_at=None)
    )


async def accept(connection: AsyncConnection, response_ids: Collection[int], now: datetime) -> list[Any]:
    """Marks suspect answers as accepted; id, invitation_id and answered_at of those that it changed."""
    accepted = await connection.execute(
        update(Response)
        .where(Response.id.in_(response_ids), is_doubtful())
        .values(accepted_at=now)
        .returning(Response.id, Response.invitation_id, Response.answered_at)
    )
    return list(accepted.all())
