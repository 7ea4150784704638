"""The queue of hand-overs: a function per arrow of `DeliveryStatus`, each a guarded UPDATE that tells what it moved."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Text,
    Update,
    and_,
    bindparam,
    case,
    cast,
    null,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.given import among, among_later, given, given_later, given_parameters
from storage.going import may_go
from storage.guards import stands_at
from storage.models import Delivery
from storage.rates import is_paused_now
from storage.statuses import DeliveryStatus

LEASE = timedelta(seconds=30)  # a sender that hangs with its lock held loses what it leased after that
MOMENT = Delivery.due_at.type
HOLDER, AT = bindparam("holder", type_=Delivery.sender_id.type), bindparam("moment", type_=MOMENT)
FREE: dict[str, Any] = {"status": DeliveryStatus.QUEUED, "sender_id": None, "leased_until": None}


async def lease(connection: AsyncConnection, sender_id: int, ids: Sequence[int], at: datetime) -> list[int]:
    """queued → leased; ids of those it got, in their order.

    :param at: the database's clock
    """
    statement = (
        update(Delivery)
        .where(among(connection, Delivery.id, ids), stands_at(DeliveryStatus.QUEUED))
        .values(status=DeliveryStatus.LEASED, sender_id=sender_id, leased_until=at + LEASE)
    )
    got = set(await _move(connection, statement))
    return [one for one in ids if one in got]


async def defer_queued(connection: AsyncConnection, ids: Sequence[int], due: datetime) -> list[int]:
    """queued until the customers' window opens."""
    statement = update(Delivery).where(among(connection, Delivery.id, ids), stands_at(DeliveryStatus.QUEUED))
    return await _move(connection, statement.values(due_at=due, reason="window"))


async def mark(
    connection: AsyncConnection, sender_id: int, ids: Sequence[int], now: datetime, only: Collection[str] = (),
    *, require_consent: bool = False,
) -> dict[int, int]:  # fmt: skip
    """leased → sending, where nothing speaks against it any more and its channel is not asked to wait.

    {id: hand-overs tried, this one included}
    """
    marking = _marking(connection.dialect.name, tuple(only), require_consent)
    marked = await connection.execute(marking, {"ids": list(ids), "holder": sender_id, "moment": now})
    return {row.id: row.attempts for row in marked.all()}


async def give_back(connection: AsyncConnection, sender_id: int, ids: Sequence[int]) -> list[int]:
    """leased → queued: nothing was handed over, and it is due as before."""
    return await _move(connection, _held(connection, sender_id, ids, DeliveryStatus.LEASED).values(**FREE))


async def defer(connection: AsyncConnection, sender_id: int, due: Mapping[int, datetime]) -> list[int]:
    """leased → queued until the customer's window opens."""
    given_due = given(connection, {one: (at,) for one, at in due.items()}, MOMENT)
    statement = update(Delivery).where(Delivery.id == given_due.c.id, _is_held(sender_id, DeliveryStatus.LEASED))
    return await _move(connection, statement.values(**FREE, due_at=given_due.c.first, reason="window"))


async def settle_sent(
    connection: AsyncConnection, sender_id: int, references: Mapping[int, str], now: datetime
) -> list[int]:
    """sending → sent; also from unknown, where others took this sender for dead before it could tell."""
    texts = {one: (reference,) for one, reference in references.items()}
    parameters = given_parameters(connection, texts, Text())
    sent = await connection.execute(
        _settling_sent(connection.dialect.name), {**parameters, "holder": sender_id, "moment": now}
    )
    return list(sent.scalars().all())


async def settle_unknown(
    connection: AsyncConnection, sender_id: int, reasons: Mapping[int, str], now: datetime
) -> list[int]:
    """sending → unknown: never sent again by itself."""
    told = _texts(connection, reasons)
    lost = update(Delivery).where(Delivery.id == told.c.id, _is_held(sender_id, DeliveryStatus.SENDING))
    return await _move(connection, lost.values(status=DeliveryStatus.UNKNOWN, reason=told.c.first, settled_at=now))


async def put_off(
    connection: AsyncConnection, sender_id: int, due: Mapping[int, datetime], reasons: Mapping[int, str],
    uncounted: Iterable[int] = (),
) -> list[int]:  # fmt: skip
    """sending → queued: surely not accepted, to be tried again when due.

    :param uncounted: whose try says nothing about them: the whole channel was refused
    """
    told = given(connection, {one: (at, reasons[one]) for one, at in due.items()}, MOMENT, Text())
    counted = case((among(connection, Delivery.id, uncounted), Delivery.attempts - 1), else_=Delivery.attempts)
    refused = update(Delivery).where(Delivery.id == told.c.id, _is_held(sender_id, DeliveryStatus.SENDING))
    again = {"due_at": told.c.first, "reason": told.c.second, "attempts": counted, "handed_at": None}
    return await _move(connection, refused.values(**FREE, **again))


async def take_back(connection: AsyncConnection, sender_id: int, ids: Sequence[int]) -> list[int]:
    """sending → queued: marked, and surely not begun, so it is due as before."""
    if not ids:
        return []
    never = _held(connection, sender_id, ids, DeliveryStatus.SENDING)
    return await _move(connection, never.values(**FREE, attempts=Delivery.attempts - 1, handed_at=None))


async def give_tries_back(connection: AsyncConnection, ids: Collection[int]) -> None:
    """Of those that wait for another try: the last one said nothing about them."""
    waiting = (stands_at(DeliveryStatus.QUEUED), Delivery.attempts > 0)
    tried = update(Delivery).where(among(connection, Delivery.id, ids), *waiting)
    if ids:
        await connection.execute(tried.values(attempts=Delivery.attempts - 1))


async def settle_undeliverable(
    connection: AsyncConnection, sender_id: int, reasons: Mapping[int, str], now: datetime
) -> list[int]:
    """sending → undeliverable; also from unknown, as `settle_sent`."""
    told = _texts(connection, reasons)
    held = _is_held(sender_id, DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN)
    refused = update(Delivery).where(Delivery.id == told.c.id, held)
    return await _move(
        connection, refused.values(status=DeliveryStatus.UNDELIVERABLE, reason=told.c.first, settled_at=now)
    )


async def free_leases(connection: AsyncConnection, dead: Collection[int], at: datetime) -> list[int]:
    """leased → queued: of dead senders, and of whoever held a lease beyond its time.

    :param at: the database's clock
    """
    over = or_(Delivery.sender_id.in_(dead), Delivery.leased_until < at)
    statement = update(Delivery).where(Delivery.status == DeliveryStatus.LEASED, over).values(**FREE)
    return await _move(connection, statement)


async def abandon_sending(connection: AsyncConnection, dead: Collection[int], now: datetime) -> list[int]:
    """sending → unknown: their senders died, nobody knows how far they came."""
    statement = (
        update(Delivery)
        .where(Delivery.status == DeliveryStatus.SENDING, Delivery.sender_id.in_(dead))
        .values(status=DeliveryStatus.UNKNOWN, reason="sender_died", settled_at=now)
    )
    return await _move(connection, statement)


async def exchange(
    connection: AsyncConnection, sender_id: int, references: Mapping[int, str], ids: Sequence[int], now: datetime,
    *, only: Collection[str] = (), require_consent: bool = False,
) -> tuple[list[int], dict[int, int]]:  # fmt: skip
    """`settle_sent` and `mark`, what each gives; on PostgreSQL in one statement."""
    if connection.dialect.name == "sqlite":
        sent = await settle_sent(connection, sender_id, references, now) if references else []
        marked = await mark(connection, sender_id, ids, now, only, require_consent=require_consent) if ids else {}
        return sent, marked
    texts = {one: (reference,) for one, reference in references.items()}
    parameters = {**given_parameters(connection, texts, Text()), "ids": list(ids), "holder": sender_id, "moment": now}
    exchanging = _exchanging(connection.dialect.name, tuple(only), require_consent)
    moved = (await connection.execute(exchanging, parameters)).all()
    return [row.id for row in moved if row.attempts is None], {
        row.id: row.attempts for row in moved if row.attempts is not None
    }


# In every group commit: made once, because making them costs more than their work.


@lru_cache(maxsize=8)
def _marking(dialect: str, only: tuple[str, ...], require_consent: bool) -> Any:
    held = and_(stands_at(DeliveryStatus.LEASED), Delivery.sender_id == HOLDER)
    return (
        update(Delivery)
        .where(among_later(dialect, Delivery.id), held, ~is_paused_now(Delivery.channel))
        .where(may_go(AT, only, require_consent=require_consent))
        .values(status=DeliveryStatus.SENDING, attempts=Delivery.attempts + 1, handed_at=AT, leased_until=None)
        .returning(Delivery.id, Delivery.attempts)
    )


@cache
def _settling_sent(dialect: str) -> Any:
    told = given_later(dialect, Text())
    held = and_(stands_at(DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN), Delivery.sender_id == HOLDER)
    return (
        update(Delivery)
        .where(Delivery.id == told.c.id, held)
        .values(status=DeliveryStatus.SENT, reference=told.c.first, reason=None, settled_at=AT)
        .returning(Delivery.id)
    )


@lru_cache(maxsize=8)
def _exchanging(dialect: str, only: tuple[str, ...], require_consent: bool) -> Any:
    settled, marked = _settling_sent(dialect).cte("settled"), _marking(dialect, only, require_consent).cte("marked")
    return union_all(
        select(settled.c.id, cast(null(), Integer).label("attempts")), select(marked.c.id, marked.c.attempts)
    )


def _held(connection: AsyncConnection, sender_id: int, ids: Iterable[int], *statuses: DeliveryStatus) -> Update:
    return update(Delivery).where(among(connection, Delivery.id, ids), _is_held(sender_id, *statuses))


def _is_held(sender_id: int, *statuses: DeliveryStatus) -> ColumnElement[bool]:
    return and_(stands_at(*statuses), Delivery.sender_id == sender_id)


def _texts(connection: AsyncConnection, texts: Mapping[int, str]) -> FromClause:
    return given(connection, {one: (text,) for one, text in texts.items()}, Text())


async def _move(connection: AsyncConnection, statement: Update) -> list[int]:
    return list((await connection.execute(statement.returning(Delivery.id))).scalars())
