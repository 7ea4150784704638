"""Customers who do not want to be asked now: until when, and the reminder that is called off."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Customer, Delivery, Invitation
from storage.statuses import WAITING, DeliveryKind, DeliveryStatus


async def queued_at(connection: AsyncConnection, invitation_id: int) -> datetime:
    """When a question was queued: its cool-down runs from then on."""
    found = await connection.execute(select(Invitation.queued_at).where(Invitation.id == invitation_id))
    return found.scalar_one()


async def wait_until(connection: AsyncConnection, customer_id: int, until: datetime) -> datetime:
    """The customer is not asked before that moment, or a later one that was set before; returns which."""
    await connection.execute(
        update(Customer)
        .where(Customer.id == customer_id, or_(Customer.not_before.is_(None), Customer.not_before < until))
        .values(not_before=until)
    )
    stands = await connection.execute(select(Customer.not_before).where(Customer.id == customer_id))
    return stands.scalar_one() or until


async def cancel_reminder(connection: AsyncConnection, invitation_id: int, now: datetime) -> None:
    """queued, leased → cancelled, of an invitation's reminder."""
    waiting = Delivery.status.in_(WAITING)
    await connection.execute(
        update(Delivery)
        .where(Delivery.invitation_id == invitation_id, Delivery.kind == DeliveryKind.REMINDER, waiting)
        .values(status=DeliveryStatus.CANCELLED, reason="not_now", settled_at=now)
    )
