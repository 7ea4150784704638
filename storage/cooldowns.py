"""The cool-down: when a customer and each of their addresses was last asked. Guarded, so that nobody is asked twice."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    and_,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.cases import has_open_case
from storage.guards import stands_at
from storage.models import Address, Customer, Delivery, Invitation
from storage.optouts import ADDRESSES
from storage.statuses import HANDED_OVER, NOT_HANDED_OVER, WAITING

HARD_FLOOR = timedelta(hours=24)  # no setting makes the cool-down shorter

Ids = Select[int] | CompoundSelect[int]
Asked = type[Customer] | type[Address]


def is_cool(asked: Asked, *, now: datetime, cooled_before: datetime) -> ColumnElement[bool]:
    """Never asked, or last asked at or before that moment and not being asked."""
    return or_(asked.asked_at.is_(None), and_(asked.asked_at <= cooled_before, ~is_being_asked(asked, now)))


def may_be_asked(*, now: datetime, cooled_before: datetime) -> ColumnElement[bool]:
    """Of a customer: they are cool, and no case of theirs is open."""
    return and_(is_cool(Customer, now=now, cooled_before=cooled_before), ~has_open_case(Customer.id))


def is_being_asked(asked: Asked, now: datetime) -> ColumnElement[bool]:
    """A question or reminder waits to be handed over, or was within the hard floor.

    The cool-down counts from queueing. Where it is short, what waits for a window or a pause to end would outlast it.
    """
    mine = Invitation.customer_id if asked is Customer else Delivery.address_id
    theirs = select(Delivery.id).join(Invitation, Invitation.id == Delivery.invitation_id)
    return theirs.where(mine == asked.id, _holds_back(now)).correlate(asked).exists()


async def find_release(
    connection: AsyncConnection, now: datetime, *, customer_id: int | None = None, address_id: int | None = None
) -> datetime | None:
    """When `is_being_asked` ends for a customer, or for an address, if what waits is handed over once it is due; None:
    it does not hold."""
    mine = Delivery.address_id == address_id if customer_id is None else Invitation.customer_id == customer_id
    columns = select(Delivery.status, Delivery.due_at, Delivery.handed_at)
    theirs = columns.join(Invitation, Invitation.id == Delivery.invitation_id).where(mine, _holds_back(now))
    rows: Iterable[Any] = await connection.execute(theirs)
    handed = [max(row.due_at, now) if row.status in WAITING else row.handed_at for row in rows]
    return max(handed) + HARD_FLOOR if handed else None


def _holds_back(now: datetime) -> ColumnElement[bool]:
    waits = and_(stands_at(*WAITING), Invitation.send_before > now)
    reached = and_(stands_at(*HANDED_OVER), Delivery.handed_at > now - HARD_FLOOR)
    return or_(waits, reached)


async def take_customers(connection: AsyncConnection, ids: Ids, *, now: datetime, cooled_before: datetime) -> int:
    """Marks customers as asked now, where they are cool and no case of theirs is open; how many it got."""
    taken = await connection.execute(
        update(Customer)
        .where(Customer.id.in_(ids))
        .where(may_be_asked(now=now, cooled_before=cooled_before))
        .values(asked_at=now)
    )
    return taken.rowcount


async def take_addresses(connection: AsyncConnection, ids: Ids, *, now: datetime, cooled_before: datetime) -> int:
    """The same for addresses."""
    taken = await connection.execute(
        update(Address)
        .where(Address.id.in_(ids))
        .where(is_cool(Address, now=now, cooled_before=cooled_before))
        .values(asked_at=now)
    )
    return taken.rowcount


async def free(connection: AsyncConnection, invitation_ids: Sequence[int]) -> list[int]:
    """Ends the cool-down of invitations of which surely nothing was handed over, and none is going to be.

    Their customers and addresses fall back to when they were last asked by another invitation. Returns the ids that
    were freed; an invitation with a delivery in any status but cancelled and undeliverable is left alone.
    """
    # What was to be sent once more may have arrived the first time.
    handed_over = or_(Delivery.status.not_in(NOT_HANDED_OVER), Delivery.resent_at.is_not(None))
    kept = select(Delivery.id).where(Delivery.invitation_id == Invitation.id, handed_over)
    freed = await connection.execute(
        update(Invitation)
        .where(Invitation.id.in_(invitation_ids), Invitation.asked, ~kept.exists())
        .values(asked=False)
        .returning(Invitation.id)
    )
    ids = list(freed.scalars())
    if ids:
        await _recall_customers(connection, ids)
        await _recall_addresses(connection, ids)
    return ids


async def _recall_customers(connection: AsyncConnection, freed: Sequence[int]) -> None:
    mine = Invitation.customer_id == Customer.id
    last_freed = select(func.max(Invitation.queued_at)).where(mine, Invitation.id.in_(freed)).scalar_subquery()
    last_asked = select(func.max(Invitation.queued_at)).where(mine, Invitation.asked).scalar_subquery()
    customers = select(Invitation.customer_id).where(Invitation.id.in_(freed))
    await connection.execute(
        update(Customer).where(Customer.id.in_(customers), Customer.asked_at <= last_freed).values(asked_at=last_asked)
    )


async def _recall_addresses(connection: AsyncConnection, freed: Sequence[int]) -> None:
    last_freed = select(func.max(Invitation.queued_at)).where(Invitation.id.in_(freed)).scalar_subquery()
    theirs = [
        select(column.label("id"))
        .join_from(Invitation, Customer, Customer.id == Invitation.customer_id)
        .where(Invitation.id.in_(freed), column.is_not(None))
        for column in ADDRESSES
    ]
    used = select(Delivery.address_id).where(Delivery.invitation_id.in_(freed))
    await connection.execute(
        update(Address)
        .where(Address.id.in_(union_all(*theirs, used)), Address.asked_at <= last_freed)
        .values(asked_at=_address_last_asked())
    )


def _address_last_asked() -> ScalarSelect[datetime]:
    """By an invitation that still counts, of a customer who has the address or had it when it was used."""
    by_owner = (
        select(Invitation.queued_at)
        .join_from(Invitation, Customer, Customer.id == Invitation.customer_id)
        .where(Invitation.asked, or_(*(column == Address.id for column in ADDRESSES)))
    )
    by_use = (
        select(Invitation.queued_at)
        .join_from(Invitation, Delivery, Delivery.invitation_id == Invitation.id)
        .where(Invitation.asked, Delivery.address_id == Address.id)
    )
    asked = union_all(by_owner.correlate(Address), by_use.correlate(Address)).subquery()
    return select(func.max(asked.c.queued_at)).scalar_subquery()
