"""Deliveries counted: how many were handed over, how many were answered, and why the rest were not."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Address, Customer, Delivery, Invitation
from storage.statuses import HANDED_OVER, DeliveryStatus
from storage.stores import of_store

BLOCKED = ("blocked", "no_chat", "deactivated")  # reasons by which a person, not an address, refuses


class Silence(IntEnum):
    """Why an invitation has no answer. Where its deliveries tell different tales, the lowest speaks."""

    OPTED_OUT = 0  # by the customer's word
    SILENT = 1  # as far as we know it arrived
    UNKNOWN = 2  # nobody knows whether it arrived
    BLOCKED = 3  # the person blocked the bot or never opened the chat
    BOUNCED = 4  # the address took nothing


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Deliveries of one period."""

    sent: int  # handed over: accepted, perhaps accepted, or bounced afterwards; not what was refused at once
    reached: int  # of these, not undeliverable
    answered: int  # of those reached, whose invitation is answered


async def count_reach(
    connection: AsyncConnection, start: datetime, end: datetime, *, as_of: datetime, store: str | None = None
) -> Reach:
    """Of the deliveries handed over from start until before end; answered by `as_of`.

    :param store: about sales of this store alone
    """
    handed_over = Delivery.status.in_(HANDED_OVER)
    # What was refused at once has no reference: the other side never had it.
    bounced = and_(Delivery.status == DeliveryStatus.UNDELIVERABLE, Delivery.reference.is_not(None))
    answered = and_(handed_over, Invitation.answered_at <= as_of)
    statement = (
        select(_count(or_(handed_over, bounced)), _count(handed_over), _count(answered))
        .join_from(Delivery, Invitation, Delivery.invitation_id == Invitation.id)
        .where(_handed(start, end), *_of_store(store))
    )
    sent, reached, replied = (await connection.execute(statement)).one()
    return Reach(sent=sent, reached=reached, answered=replied)


async def count_reach_by_channel(connection: AsyncConnection, start: datetime, end: datetime) -> dict[str, Reach]:
    """The same by channel, answered by now; a channel on which nothing was handed over is absent."""
    reached = Delivery.status.in_(HANDED_OVER)
    statement = (
        select(Delivery.channel, func.count(), _count(and_(reached, Invitation.answered_at.is_not(None))))
        .join_from(Delivery, Invitation, Delivery.invitation_id == Invitation.id)
        .where(_handed(start, end), reached)
        .group_by(Delivery.channel)
    )
    counted = await connection.execute(statement)
    return {channel: Reach(sent=sent, reached=sent, answered=answered) for channel, sent, answered in counted}


async def count_unanswered(
    connection: AsyncConnection, start: datetime, end: datetime, *, as_of: datetime, store: str | None = None
) -> dict[Silence, int]:
    """Invitations tried from start until before end and not answered by `as_of`, each once; every kind is present."""
    tried = Delivery.status.in_((*HANDED_OVER, DeliveryStatus.UNDELIVERABLE))
    unanswered = or_(Invitation.answered_at.is_(None), Invitation.answered_at > as_of)
    each = (
        select(func.min(_silence(as_of)).label("silence"))
        .join_from(Delivery, Invitation, Delivery.invitation_id == Invitation.id)
        .join(Customer, Invitation.customer_id == Customer.id)
        .join(Address, Delivery.address_id == Address.id)
        .where(_handed(start, end), tried, unanswered, *_of_store(store))
        .group_by(Invitation.id)
        .subquery()
    )
    statement = select(each.c.silence, func.count()).group_by(each.c.silence)
    counted = {Silence(kind): number for kind, number in await connection.execute(statement)}
    return {silence: counted.get(silence, 0) for silence in Silence}


async def first_invitation_at(connection: AsyncConnection) -> datetime | None:
    """When the first invitation was queued; None: nobody was ever asked."""
    return (await connection.execute(select(func.min(Invitation.queued_at)))).scalar_one()


def _silence(as_of: datetime) -> ColumnElement[int]:
    refused = Delivery.status == DeliveryStatus.UNDELIVERABLE
    dead = Address.undeliverable_at <= as_of
    blocked = or_(and_(refused, Delivery.reason.in_(BLOCKED)), and_(dead, Address.undeliverable_reason.in_(BLOCKED)))
    return case(
        (or_(Customer.opted_out_at <= as_of, Address.opted_out_at <= as_of), int(Silence.OPTED_OUT)),
        (blocked, int(Silence.BLOCKED)),
        (or_(refused, dead), int(Silence.BOUNCED)),
        (Delivery.status == DeliveryStatus.UNKNOWN, int(Silence.UNKNOWN)),
        else_=int(Silence.SILENT),
    )


def _handed(start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(Delivery.handed_at >= start, Delivery.handed_at < end)


def _of_store(store: str | None) -> list[ColumnElement[bool]]:
    return [] if store is None else [of_store(Invitation.sale_id, store)]


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))
