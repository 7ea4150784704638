"""Dead letters: updates that nobody could process and messages that nobody took; a person's word moves them on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from storage.due import due_at_once
from storage.models import InboxUpdate, OutboxMessage
from storage.statuses import InboxStatus, OutboxStatus

DROPPED = "dropped"  # the error of an update that a person gave up


@dataclass(frozen=True, kw_only=True)
class DeadUpdate:
    """An update that failed every time."""

    update_id: int
    chat: str
    body: dict[str, Any]
    attempts: int
    received_at: datetime
    error: str | None
    is_overtaken: bool  # a later update of its chat took effect: what it says may no longer hold


@dataclass(frozen=True, kw_only=True)
class DeadMessage:
    """A message that was refused for good, or failed too often."""

    id: int
    kind: str
    channel: str
    target: str
    attempts: int
    created_at: datetime
    error: str | None


async def dead_updates(connection: AsyncConnection) -> list[DeadUpdate]:
    """In the order in which they came."""
    later = aliased(InboxUpdate)
    overtaken = exists().where(
        later.chat == InboxUpdate.chat, later.status == InboxStatus.DONE, later.position > InboxUpdate.position
    )
    columns = [InboxUpdate.update_id, InboxUpdate.chat, InboxUpdate.body, InboxUpdate.attempts, InboxUpdate.received_at]
    statement = select(*columns, InboxUpdate.error, overtaken.label("is_overtaken"))
    statement = statement.where(InboxUpdate.status == InboxStatus.DEAD).order_by(InboxUpdate.position)
    return [DeadUpdate(**row._mapping) for row in await connection.execute(statement)]


async def revive_updates(connection: AsyncConnection, ids: Collection[int], now: datetime) -> list[int]:
    """dead → pending; those that were dead."""
    again = {"status": InboxStatus.PENDING, "attempts": 0, "due_at": due_at_once(now)}
    return await _move_updates(connection, ids, again)


async def drop_updates(connection: AsyncConnection, ids: Collection[int], now: datetime) -> list[int]:
    """dead → done without effect; those that were dead."""
    return await _move_updates(connection, ids, {"status": InboxStatus.DONE, "done_at": now, "error": DROPPED})


async def dead_messages(connection: AsyncConnection) -> list[DeadMessage]:
    """The oldest first."""
    columns = (
        OutboxMessage.id, OutboxMessage.kind, OutboxMessage.channel, OutboxMessage.target, OutboxMessage.attempts,
        OutboxMessage.created_at, OutboxMessage.error,
    )  # fmt: skip
    statement = select(*columns).where(OutboxMessage.status == OutboxStatus.DEAD).order_by(OutboxMessage.id)
    return [DeadMessage(**row._mapping) for row in await connection.execute(statement)]


async def newest_error(connection: AsyncConnection) -> str | None:
    """Why the newest dead message is dead; None: there is none."""
    dead = select(OutboxMessage.error).where(OutboxMessage.status == OutboxStatus.DEAD)
    return (await connection.execute(dead.order_by(OutboxMessage.id.desc()).limit(1))).scalar_one_or_none()


async def revive_messages(connection: AsyncConnection, ids: Collection[int], now: datetime) -> list[int]:
    """dead → queued; those that were dead."""
    dead = (OutboxMessage.id.in_(ids), OutboxMessage.status == OutboxStatus.DEAD)
    again = {"status": OutboxStatus.QUEUED, "attempts": 0, "due_at": due_at_once(now), "leased_until": None}
    statement = update(OutboxMessage).where(*dead).values(again).returning(OutboxMessage.id)
    return sorted((await connection.execute(statement)).scalars())


async def drop_messages(connection: AsyncConnection, ids: Collection[int]) -> list[int]:
    """Forgets dead messages; those that were dead."""
    dead = (OutboxMessage.id.in_(ids), OutboxMessage.status == OutboxStatus.DEAD)
    return sorted((await connection.execute(delete(OutboxMessage).where(*dead).returning(OutboxMessage.id))).scalars())


async def _move_updates(connection: AsyncConnection, ids: Collection[int], values: dict[str, Any]) -> list[int]:
    dead = (InboxUpdate.update_id.in_(ids), InboxUpdate.status == InboxStatus.DEAD)
    statement = update(InboxUpdate).where(*dead).values(values).returning(InboxUpdate.update_id)
    return sorted((await connection.execute(statement)).scalars())
