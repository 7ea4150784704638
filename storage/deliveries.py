"""The queue of hand-overs: a function per arrow of `DeliveryStatus`, each a guarded UPDATE that tells what it moved."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Update, and_, case, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from storage.given import among, given_texts
from storage.guards import stands_at
from storage.models import Address, Campaign, Customer, Delivery, Invitation
from storage.rehearsals import takes_part
from storage.statuses import CampaignStatus, DeliveryStatus, InvitationStatus

LEASE = timedelta(seconds=30)  # a sender that hangs with its lock held loses what it leased after that
FREE: dict[str, Any] = {"status": DeliveryStatus.QUEUED, "sender_id": None, "leased_until": None}


def may_go(only: Collection[str] = ()) -> ColumnElement[bool]:
    """Of a delivery: its campaign runs, its invitation is open, and neither customer nor address says no.

    :param only: while rehearsing, the addresses that may be asked
    """
    conditions = (
        Invitation.id == Delivery.invitation_id,
        Invitation.status == InvitationStatus.OPEN,
        Campaign.id == Invitation.campaign_id,
        Campaign.status == CampaignStatus.RUNNING,
        Customer.id == Invitation.customer_id,
        Customer.opted_out_at.is_(None),
        Address.id == Delivery.address_id,
        Address.opted_out_at.is_(None),
        Address.undeliverable_at.is_(None),
        takes_part(only),
    )
    return select(Delivery.id).where(*conditions).correlate(Delivery).exists()


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
    connection: AsyncConnection, sender_id: int, ids: Sequence[int], now: datetime, only: Collection[str] = ()
) -> dict[int, int]:
    """leased → sending, where nothing speaks against it any more; {id: hand-overs tried, this one included}."""
    statement = (
        _held(connection, sender_id, ids, DeliveryStatus.LEASED)
        .where(may_go(only))
        .values(status=DeliveryStatus.SENDING, attempts=Delivery.attempts + 1, handed_at=now, leased_until=None)
        .returning(Delivery.id, Delivery.attempts)
    )
    return {row.id: row.attempts for row in await connection.execute(statement)}


async def give_back(connection: AsyncConnection, sender_id: int, ids: Sequence[int]) -> list[int]:
    """leased → queued: nothing was handed over, and it is due as before."""
    return await _move(connection, _held(connection, sender_id, ids, DeliveryStatus.LEASED).values(**FREE))


async def defer(connection: AsyncConnection, sender_id: int, due: Mapping[int, datetime]) -> list[int]:
    """leased → queued until the customer's window opens."""
    moved = _held(connection, sender_id, due, DeliveryStatus.LEASED).values(
        **FREE, due_at=_each(Delivery.due_at, due), reason="window"
    )
    return await _move(connection, moved)


async def settle_sent(
    connection: AsyncConnection, sender_id: int, references: Mapping[int, str], now: datetime
) -> list[int]:
    """sending → sent; also from unknown, where others took this sender for dead before it could tell."""
    given = given_texts(connection, references)
    held = _is_held(sender_id, DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN)
    statement = update(Delivery).where(Delivery.id == given.c.id, held)
    return await _move(
        connection,
        statement.values(status=DeliveryStatus.SENT, reference=given.c.text, reason=None, settled_at=now),
    )


async def settle_unknown(
    connection: AsyncConnection, sender_id: int, reasons: Mapping[int, str], now: datetime
) -> list[int]:
    """sending → unknown: never sent again by itself."""
    statement = _held(connection, sender_id, reasons, DeliveryStatus.SENDING)
    return await _move(
        connection,
        statement.values(status=DeliveryStatus.UNKNOWN, reason=_each(Delivery.reason, reasons), settled_at=now),
    )


async def put_off(
    connection: AsyncConnection, sender_id: int, due: Mapping[int, datetime], reasons: Mapping[int, str],
    uncounted: Iterable[int] = (),
) -> list[int]:  # fmt: skip
    """sending → queued: surely not accepted, to be tried again when due.

    :param uncounted: whose try says nothing about them: the whole channel was refused
    """
    counted = case((Delivery.id.in_(list(uncounted)), Delivery.attempts - 1), else_=Delivery.attempts)
    statement = _held(connection, sender_id, due, DeliveryStatus.SENDING)
    return await _move(
        connection,
        statement.values(
            **FREE,
            due_at=_each(Delivery.due_at, due),
            reason=_each(Delivery.reason, reasons),
            attempts=counted,
            handed_at=None,
        ),
    )


async def settle_undeliverable(
    connection: AsyncConnection, sender_id: int, reasons: Mapping[int, str], now: datetime
) -> list[int]:
    """sending → undeliverable; also from unknown, as `settle_sent`."""
    statement = _held(connection, sender_id, reasons, DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN)
    return await _move(
        connection,
        statement.values(status=DeliveryStatus.UNDELIVERABLE, reason=_each(Delivery.reason, reasons), settled_at=now),
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


def _held(connection: AsyncConnection, sender_id: int, ids: Iterable[int], *statuses: DeliveryStatus) -> Update:
    return update(Delivery).where(among(connection, Delivery.id, ids), _is_held(sender_id, *statuses))


def _is_held(sender_id: int, *statuses: DeliveryStatus) -> ColumnElement[bool]:
    return and_(stands_at(*statuses), Delivery.sender_id == sender_id)


def _each(column: InstrumentedAttribute[Any], values: Mapping[int, Any]) -> ColumnElement[Any]:
    """A value per delivery in one statement; there must be at least one."""
    typed = {delivery_id: literal(value, column.type) for delivery_id, value in values.items()}
    return case(typed, value=Delivery.id)


async def _move(connection: AsyncConnection, statement: Update) -> list[int]:
    return list((await connection.execute(statement.returning(Delivery.id))).scalars())
