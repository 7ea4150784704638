"""Opting out and back in: the customer, every address of theirs, and what was still to be sent."""

from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Address, Customer, Delivery, Invitation
from storage.statuses import WAITING, DeliveryStatus, InvitationStatus

ADDRESSES = (Customer.email_address_id, Customer.phone_address_id, Customer.telegram_address_id)


async def set_opt_out(connection: AsyncConnection, customer_id: int, at: datetime | None) -> None:
    """Opts a customer and all their addresses out, or (None) back in."""
    await connection.execute(update(Customer).where(Customer.id == customer_id).values(opted_out_at=at))
    await connection.execute(update(Address).where(_address_of(customer_id)).values(opted_out_at=at))


async def set_chat_opt_out(connection: AsyncConnection, address_id: int, at: datetime | None) -> None:
    """The same for a chat that no customer has joined."""
    await connection.execute(update(Address).where(Address.id == address_id).values(opted_out_at=at))


async def close_unasked(connection: AsyncConnection, customer_id: int, now: datetime) -> None:
    """Cancels what waits to be sent to the customer's addresses, whoever's it is, and closes those invitations."""
    addresses = select(Address.id).where(_address_of(customer_id))
    waiting = Delivery.status.in_(WAITING)
    theirs = select(Invitation.id).where(Invitation.customer_id == customer_id)
    await connection.execute(
        update(Delivery)
        .where(waiting, or_(Delivery.address_id.in_(addresses), Delivery.invitation_id.in_(theirs)))
        .values(status=DeliveryStatus.CANCELLED, reason="opted_out", settled_at=now)
    )
    cancelled = select(Delivery.invitation_id).where(
        Delivery.reason == "opted_out", or_(Delivery.address_id.in_(addresses), Delivery.invitation_id.in_(theirs))
    )
    await connection.execute(
        update(Invitation)
        .where(Invitation.status == InvitationStatus.OPEN)
        .where(or_(Invitation.customer_id == customer_id, Invitation.id.in_(cancelled)))
        .values(status=InvitationStatus.CLOSED, closed_reason="opted_out")
    )


def _address_of(customer_id: int) -> ColumnElement[bool]:
    def one(column: object) -> ColumnElement[bool]:
        return Address.id == select(column).where(Customer.id == customer_id).scalar_subquery()  # type: ignore[call-overload,no-any-return]

    return or_(*(one(column) for column in ADDRESSES))
