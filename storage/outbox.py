"""Messages to be told: queued with their cause, leased in order within a target, settled by what came of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningUpdate

from storage.due import due_at_once
from storage.guards import looked_at
from storage.models import OutboxMessage
from storage.statuses import OutboxStatus
from storage.upserts import insert_for


@dataclass(frozen=True, kw_only=True)
class LeasedMessage:
    """A message that only the caller tells until its lease is over."""

    id: int
    key: str
    kind: str
    channel: str
    target: str
    payload: dict[str, Any]
    attempts: int  # failed before this one


@dataclass(frozen=True, kw_only=True)
class MessageState:
    """Where a message stands."""

    channel: str
    target: str
    status: OutboxStatus
    error: str | None  # of its last attempt; None: there was none, or it succeeded


async def add_message(
    connection: AsyncConnection, *, key: str, kind: str, channel: str, target: str, payload: dict[str, Any],
    now: datetime,
) -> bool:  # fmt: skip
    """Queues a message, due at once; False: its key was there already and nothing changed."""
    row = {
        "key": key, "kind": kind, "channel": channel, "target": target, "payload": payload,
        "status": OutboxStatus.QUEUED, "attempts": 0, "due_at": due_at_once(now), "created_at": now,
    }  # fmt: skip
    return (await connection.execute(_added(connection.dialect.name), row)).first() is not None


@cache
def _added(engine: str) -> Any:
    insert = insert_for(engine, OutboxMessage)
    return insert.on_conflict_do_nothing(index_elements=["key"]).returning(OutboxMessage.id)


async def lease_due(
    connection: AsyncConnection, *, channels: Collection[str], limit: int, now: datetime, at: datetime, until: datetime
) -> list[LeasedMessage]:
    """The first untold message of each target, where it is due at `now` and no lease of it holds `at` that moment.

    Whatever waits behind a target's first message stays there, so that a target hears everything in order.
    """
    given = {"channels": list(channels), "most": limit, "moment": now, "at": at, "until": until}
    return [LeasedMessage(**row._mapping) for row in await connection.execute(_leased(), given)]


@cache
def _leased() -> ReturningUpdate[Any]:
    """Run after every message that was told, so it is built once."""
    earlier = aliased(OutboxMessage)
    is_first = ~exists().where(
        earlier.status == OutboxStatus.QUEUED,
        earlier.channel == OutboxMessage.channel,
        earlier.target == OutboxMessage.target,
        earlier.id < OutboxMessage.id,
    )
    free = or_(OutboxMessage.leased_until.is_(None), OutboxMessage.leased_until <= bindparam("at"))
    is_of = OutboxMessage.channel.in_(bindparam("channels", expanding=True))
    due = (
        select(OutboxMessage.id)
        .where(_queued(), OutboxMessage.due_at <= bindparam("moment"), free, is_of, is_first)
        .order_by(OutboxMessage.due_at, OutboxMessage.id)
        .limit(bindparam("most", type_=Integer()))
        .with_for_update(skip_locked=True, of=OutboxMessage)
        .cte("due")
    )
    return (
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(select(due.c.id)))
        .values(leased_until=bindparam("until"))
        .returning(
            OutboxMessage.id, OutboxMessage.key, OutboxMessage.kind, OutboxMessage.channel, OutboxMessage.target,
            OutboxMessage.payload, OutboxMessage.attempts,
        )
    )  # fmt: skip


async def renew_lease(connection: AsyncConnection, message_id: int, *, until: datetime) -> None:
    """For a message that takes its time to be told."""
    await connection.execute(update(OutboxMessage).where(_is_queued(message_id)).values(leased_until=until))


async def mark_sent(connection: AsyncConnection, message_id: int, *, reference: str, now: datetime) -> None:
    """queued → sent."""
    done = {"status": OutboxStatus.SENT, "sent_at": now, "reference": reference, "leased_until": None, "error": None}
    await connection.execute(update(OutboxMessage).where(_is_queued(message_id)).values(done))


async def put_off(connection: AsyncConnection, message_id: int, *, due_at: datetime, error: str, counted: bool) -> None:
    """queued → queued, due later; `counted` as an attempt of this message."""
    later = {"due_at": due_at, "error": error, "leased_until": None, "attempts": OutboxMessage.attempts + int(counted)}
    await connection.execute(update(OutboxMessage).where(_is_queued(message_id)).values(later))


async def hold(connection: AsyncConnection, message_id: int, *, due_at: datetime) -> None:
    """queued → queued, due later: nothing was tried, it only has to wait for its turn."""
    await connection.execute(
        update(OutboxMessage).where(_is_queued(message_id)).values(due_at=due_at, leased_until=None)
    )


async def mark_dead(connection: AsyncConnection, message_id: int, *, error: str) -> None:
    """queued → dead; waits for a person."""
    dead = {"status": OutboxStatus.DEAD, "error": error, "leased_until": None, "attempts": OutboxMessage.attempts + 1}
    await connection.execute(update(OutboxMessage).where(_is_queued(message_id)).values(dead))


async def put_off_channel(connection: AsyncConnection, channel: str, *, due_at: datetime) -> None:
    """Nothing that is queued on the channel is due before `due_at`; what another process just settles is its own."""
    waiting = (
        select(OutboxMessage.id)
        .where(_queued(), OutboxMessage.channel == channel, OutboxMessage.due_at < due_at)
        .with_for_update(skip_locked=True)  # two that wait for each other's rows would be a deadlock
        .cte("waiting")
    )
    rows = OutboxMessage.id.in_(select(waiting.c.id))
    await connection.execute(update(OutboxMessage).where(rows).values(due_at=due_at))


async def count_messages(connection: AsyncConnection) -> dict[OutboxStatus, int]:
    """How many messages stand in each status; one that is absent has none."""
    counted = select(OutboxMessage.status, func.count()).group_by(OutboxMessage.status)
    return {OutboxStatus(status): count for status, count in await connection.execute(counted)}


async def known_keys(connection: AsyncConnection, keys: Collection[str]) -> list[str]:
    """Those of which there is a message."""
    found = await connection.execute(select(OutboxMessage.key).where(OutboxMessage.key.in_(keys)))
    return list(found.scalars())


async def find_key(connection: AsyncConnection, *, channel: str, target: str, reference: str) -> str | None:
    """The key of the message that a target knows by this reference; None: it isn't one of ours."""
    told = (OutboxMessage.channel == channel, OutboxMessage.target == target, OutboxMessage.reference == reference)
    statement = select(OutboxMessage.key).where(OutboxMessage.status == OutboxStatus.SENT, *told)
    return (await connection.execute(statement.order_by(OutboxMessage.id.desc()).limit(1))).scalar_one_or_none()


async def last_reference(connection: AsyncConnection, prefix: str, *, channel: str, target: str) -> str | None:
    """How a target knows the newest message whose key begins so; None: none was told yet."""
    # By the key alone, and sorted out here: else SQLite would rather walk through all that the target was ever told.
    columns = (OutboxMessage.channel, OutboxMessage.target, OutboxMessage.status, OutboxMessage.reference)
    found = await connection.execute(select(*columns).where(begins(prefix)).order_by(OutboxMessage.id.desc()))
    is_it = (channel, target, OutboxStatus.SENT)
    return next((row.reference for row in found if (row.channel, row.target, row.status) == is_it), None)


async def latest_reference(connection: AsyncConnection, prefix: str, *, channel: str, target: str) -> str | None:
    """The same of keys that are in the order of their messages, at one step however many there are."""
    told = (OutboxMessage.channel, channel), (OutboxMessage.target, target), (OutboxMessage.status, OutboxStatus.SENT)
    wanted = and_(begins(prefix), *(looked_at(column) == value for column, value in told))
    statement = select(OutboxMessage.reference).where(wanted).order_by(OutboxMessage.key.desc()).limit(1)
    return (await connection.execute(statement)).scalar_one_or_none()


async def purge_told(connection: AsyncConnection, before: datetime, *, kept: Collection[str], limit: int) -> int:
    """Forgets at most so many messages that were told before that moment; how many.

    :param kept: kinds of which the newest that a target knows by one reference stays: it is edited, or replied to
    """
    newer = aliased(OutboxMessage)
    is_superseded = exists().where(
        newer.channel == OutboxMessage.channel,
        newer.target == OutboxMessage.target,
        newer.reference == OutboxMessage.reference,
        newer.status == OutboxStatus.SENT,
        newer.kind.in_(kept),  # else it goes itself, and nothing would know the reference any more
        newer.id > OutboxMessage.id,
    )
    told = (OutboxMessage.status == OutboxStatus.SENT, OutboxMessage.due_at < before, OutboxMessage.sent_at < before)
    old = select(OutboxMessage.id).where(*told, or_(OutboxMessage.kind.not_in(kept), is_superseded)).limit(limit)
    return (await connection.execute(delete(OutboxMessage).where(OutboxMessage.id.in_(old)))).rowcount


async def is_queued(connection: AsyncConnection, prefix: str, *, target: str) -> bool:
    """Whether a message waits whose key begins so."""
    waiting = select(OutboxMessage.id).where(begins(prefix), OutboxMessage.target == target, _queued())
    return bool((await connection.execute(select(waiting.exists()))).scalar_one())


async def message_states(connection: AsyncConnection, prefix: str) -> list[MessageState]:
    """The messages whose key begins so, in order."""
    statement = (
        select(OutboxMessage.channel, OutboxMessage.target, OutboxMessage.status, OutboxMessage.error)
        .where(begins(prefix))
        .order_by(OutboxMessage.id)
    )
    return [
        MessageState(channel=channel, target=target, status=OutboxStatus(status), error=error)
        for channel, target, status, error in await connection.execute(statement)
    ]


async def remove_dead(connection: AsyncConnection, prefix: str) -> None:
    """Forgets the dead messages whose key begins so, by a person's word: their cause may write them anew."""
    is_dead = (begins(prefix), OutboxMessage.status == OutboxStatus.DEAD)
    await connection.execute(delete(OutboxMessage).where(*is_dead))


def begins(prefix: str) -> ColumnElement[bool]:
    """As a range of the key's index, which is ordered by code points on both engines: LIKE would not always use it."""
    return and_(OutboxMessage.key >= prefix, OutboxMessage.key < prefix[:-1] + chr(ord(prefix[-1]) + 1))


def _queued() -> ColumnElement[bool]:
    return OutboxMessage.status == OutboxStatus.QUEUED


def _is_queued(message_id: int) -> ColumnElement[bool]:
    return and_(OutboxMessage.id == message_id, _queued())
