"""The queue looked at from outside: what is due, in which time zones, and what is left."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.deliveries import may_go
from storage.models import Customer, Delivery, Invitation
from storage.statuses import DeliveryStatus


async def find_due_zones(connection: AsyncConnection, now: datetime) -> list[str | None]:
    """The time zones of the customers to whom something is due; None: the company's."""
    statement = (
        select(Customer.timezone)
        .join_from(Delivery, Invitation, Invitation.id == Delivery.invitation_id)
        .join(Customer, Customer.id == Invitation.customer_id)
        .where(_due(now))
        .distinct()
    )
    return list((await connection.execute(statement)).scalars())


async def move_due(connection: AsyncConnection, zone: str | None, now: datetime, due: datetime) -> int:
    """Puts off what is due to the customers of a zone; returns how many."""
    theirs = (
        select(Invitation.id)
        .join(Customer, Customer.id == Invitation.customer_id)
        .where(Invitation.id == Delivery.invitation_id, Customer.timezone.is_not_distinct_from(zone))
        .correlate(Delivery)
        .exists()
    )
    moved = await connection.execute(
        update(Delivery).where(_due(now), theirs).values(due_at=due, reason="window").returning(Delivery.id)
    )
    return len(moved.scalars().all())


async def count_waiting(
    connection: AsyncConnection, channels: Collection[str], now: datetime, only: Collection[str] = ()
) -> int:
    """What is due on these channels and may go."""
    statement = select(func.count()).where(_due(now), Delivery.channel.in_(channels), may_go(only))
    return (await connection.execute(statement.select_from(Delivery))).scalar_one()


async def count_leased(connection: AsyncConnection, channels: Collection[str]) -> int:
    """What some sender has leased on these channels."""
    statement = select(func.count()).where(Delivery.status == DeliveryStatus.LEASED, Delivery.channel.in_(channels))
    return (await connection.execute(statement.select_from(Delivery))).scalar_one()


async def count_unknown(connection: AsyncConnection) -> int:
    """Deliveries of which nobody knows whether they arrived."""
    statement = select(func.count()).where(Delivery.status == DeliveryStatus.UNKNOWN).select_from(Delivery)
    return (await connection.execute(statement)).scalar_one()


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(Delivery.status == DeliveryStatus.QUEUED, Delivery.due_at <= now)
