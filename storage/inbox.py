"""Telegram updates as received: stored once, taken in order within a chat, settled together with their effects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Exists,
    Integer,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from storage.due import due_at_once
from storage.models import InboxUpdate
from storage.statuses import InboxStatus
from storage.upserts import insert_into


@dataclass(frozen=True, kw_only=True)
class ReceivedUpdate:
    """An update as it came; updates of one `chat` are processed one after the other."""

    update_id: int
    chat: str
    body: dict[str, Any]
    error: str | None = None  # why it can take no effect: it is stored as a dead letter


@dataclass(frozen=True, kw_only=True)
class PendingUpdate(ReceivedUpdate):
    """An update that waits to be processed."""

    attempts: int  # failed so far


async def store_updates(connection: AsyncConnection, updates: Sequence[ReceivedUpdate], now: datetime) -> int:
    """Stores what isn't there yet, in the given order; returns how many were new.

    Ids are compared for equality only: after an idle week Telegram begins again at a random one.
    """
    if not updates:
        return 0
    last = (await connection.execute(select(func.coalesce(func.max(InboxUpdate.position), 0)))).scalar_one()
    rows = [
        {
            "update_id": received.update_id, "position": last + number, "chat": received.chat, "body": received.body,
            "status": InboxStatus.DEAD if received.error else InboxStatus.PENDING, "error": received.error,
            "attempts": 0, "due_at": due_at_once(now), "received_at": now,
        }
        for number, received in enumerate(updates, start=1)
    ]  # fmt: skip
    statement = insert_into(connection, InboxUpdate).values(rows).on_conflict_do_nothing(index_elements=["update_id"])
    return len((await connection.execute(statement.returning(InboxUpdate.update_id))).all())


async def first_due(connection: AsyncConnection, now: datetime, limit: int) -> list[PendingUpdate]:
    """The first pending update of each chat, where it is due; oldest first."""
    found = await connection.execute(_due(), {"moment": now, "most": limit})
    return [PendingUpdate(**row._mapping) for row in found]


@cache
def _due() -> Select[*tuple[Any, ...]]:
    return (
        select(InboxUpdate.update_id, InboxUpdate.chat, InboxUpdate.body, InboxUpdate.attempts)
        .where(
            InboxUpdate.status == InboxStatus.PENDING, InboxUpdate.due_at <= bindparam("moment"), ~_is_behind_another()
        )
        .order_by(InboxUpdate.position, InboxUpdate.update_id)
        .limit(bindparam("most", type_=Integer()))
    )


async def finish_update(connection: AsyncConnection, update_id: int, now: datetime) -> bool:
    """pending → done, as the first statement of the transaction that processes it; False: somebody else has it.

    The row stays locked to the end of that transaction: a failure puts it back, a second process waits and finds it
    done, and never overtakes an earlier update of the chat.
    """
    return (await connection.execute(_finished(), {"of": update_id, "moment": now})).rowcount == 1


async def put_off(connection: AsyncConnection, update_id: int, *, due_at: datetime, error: str) -> None:
    """pending → pending after a failure; what came later in its chat waits behind it."""
    later = {"due_at": due_at, "attempts": InboxUpdate.attempts + 1, "error": error}
    await connection.execute(update(InboxUpdate).where(_is_pending(update_id)).values(later))


async def mark_dead(connection: AsyncConnection, update_id: int, *, error: str) -> None:
    """pending → dead: a dead letter, kept for a person; its chat goes on without it."""
    dead = {"status": InboxStatus.DEAD, "attempts": InboxUpdate.attempts + 1, "error": error}
    await connection.execute(update(InboxUpdate).where(_is_pending(update_id)).values(dead))


async def count_updates(connection: AsyncConnection) -> dict[InboxStatus, int]:
    """How many updates stand in each status; one that is absent has none."""
    counted = select(InboxUpdate.status, func.count()).group_by(InboxUpdate.status)
    return {InboxStatus(status): count for status, count in await connection.execute(counted)}


async def purge_done(connection: AsyncConnection, before: datetime) -> int:
    """Forgets what was done before that moment, at least 48 hours ago: Telegram repeats an update for up to 24."""
    statement = delete(InboxUpdate).where(InboxUpdate.status == InboxStatus.DONE, InboxUpdate.done_at < before)
    return (await connection.execute(statement)).rowcount


@cache
def _finished() -> Update:
    """For every update alike, so it is built once."""
    done: dict[str, Any] = {"status": InboxStatus.DONE, "done_at": bindparam("moment"), "error": None}
    return update(InboxUpdate).where(_is_pending(bindparam("of")), ~_is_behind_another()).values(done)


def _is_pending(update_id: int | BindParameter[Any]) -> ColumnElement[bool]:
    return and_(InboxUpdate.update_id == update_id, InboxUpdate.status == InboxStatus.PENDING)


def _is_behind_another() -> Exists:
    earlier = aliased(InboxUpdate)
    return exists().where(
        earlier.chat == InboxUpdate.chat,
        earlier.status == InboxStatus.PENDING,
        earlier.position < InboxUpdate.position,
    )
