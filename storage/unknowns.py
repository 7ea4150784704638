"""Deliveries of which nobody knows whether they arrived: settled by what is learnt later, or queued once more."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.cases import has_open_case
from storage.due import due_at_once
from storage.models import Address, Campaign, Customer, Delivery, Invitation, Response
from storage.rehearsals import takes_part
from storage.statuses import CampaignStatus, DeliveryKind, DeliveryStatus, InvitationStatus

RESENT = "resent"  # the reason of a delivery that was queued once more


async def settle_arrived(
    connection: AsyncConnection, token: str, now: datetime, *, kind: DeliveryKind | None = None,
    channel: str | None = None,
) -> list[int]:  # fmt: skip
    """unknown → sent: of a token, where given of that kind and channel alone."""
    settled = await connection.execute(_arrived(kind, channel), {"of": token, "moment": now})
    return list(settled.scalars())


@cache
def _arrived(kind: DeliveryKind | None, channel: str | None) -> Any:
    """Run with every answer, so it is built once."""
    return (
        update(Delivery)
        .where(_of_token(bindparam("of"), kind, channel), Delivery.status == DeliveryStatus.UNKNOWN)
        .values(status=DeliveryStatus.SENT, reason=None, settled_at=bindparam("moment"))
        .returning(Delivery.id)
    )


async def settle_answered(connection: AsyncConnection, ids: Collection[int], now: datetime) -> list[int]:
    """unknown → sent: of these, whose customer answered by themselves before anybody knew how the hand-over ended."""
    answered = select(Response.id).where(
        Response.invitation_id == Delivery.invitation_id, Response.entered_by.is_(None)
    )
    settled = await connection.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids), Delivery.status == DeliveryStatus.UNKNOWN, answered.correlate(Delivery).exists())
        .values(status=DeliveryStatus.SENT, reason=None, settled_at=now)
        .returning(Delivery.id)
    )
    return list(settled.scalars())


async def settle_refused(
    connection: AsyncConnection, token: str, now: datetime, *, reason: str, reference: str, kind: DeliveryKind,
    channel: str,
) -> list[int]:  # fmt: skip
    """unknown, sent → undeliverable: a bounce of that kind and channel arrived.

    :param reference: by which it came; with one, a delivery counts as handed over
    """
    handed_over = Delivery.status.in_((DeliveryStatus.UNKNOWN, DeliveryStatus.SENT))
    settled = await connection.execute(
        update(Delivery)
        .where(_of_token(token, kind, channel), handed_over)
        .values(
            status=DeliveryStatus.UNDELIVERABLE,
            reason=reason,
            reference=func.coalesce(Delivery.reference, reference),
            settled_at=now,
        )
        .returning(Delivery.id)
    )
    return list(settled.scalars())


async def count_resendable(
    connection: AsyncConnection, channels: Collection[str], now: datetime, only: Collection[str] = ()
) -> int:
    """Unknown deliveries that may go once more: nothing has come up that speaks against it, and there is time left.

    :param only: while rehearsing, the addresses that may be asked
    """
    statement = select(func.count()).select_from(Delivery).where(_resendable(channels, now, only))
    return (await connection.execute(statement)).scalar_one()


async def requeue(
    connection: AsyncConnection, channels: Collection[str], now: datetime, only: Collection[str], most: int
) -> int:
    """unknown → queued, due at once: some of those that may; how many. Finished campaigns run again for them.

    Their `resent_at` tells that they may have arrived before: the cool-down is never freed.
    """
    some = select(Delivery.id).where(_resendable(channels, now, only)).order_by(Delivery.id).limit(most)
    batch = some.with_for_update(of=Delivery).cte("batch")
    queued = await connection.execute(
        update(Delivery)
        .where(Delivery.id.in_(select(batch.c.id)), Delivery.status == DeliveryStatus.UNKNOWN)
        .values(
            status=DeliveryStatus.QUEUED,
            reason=RESENT,
            due_at=due_at_once(now),
            sender_id=None,
            settled_at=None,
            resent_at=now,
        )
        .returning(Delivery.campaign_id)
    )
    theirs = list(queued.scalars())
    await connection.execute(
        update(Campaign)
        .where(Campaign.id.in_(set(theirs)), Campaign.status == CampaignStatus.FINISHED)
        .values(status=CampaignStatus.RUNNING, finished_at=None)
    )
    return len(theirs)


def _resendable(channels: Collection[str], now: datetime, only: Collection[str]) -> ColumnElement[bool]:
    may_go = select(Invitation.id).where(
        Invitation.id == Delivery.invitation_id,
        Invitation.status == InvitationStatus.OPEN,
        Invitation.send_before > now,
        Invitation.link_until > now,
        Campaign.id == Invitation.campaign_id,
        Campaign.status.in_((CampaignStatus.RUNNING, CampaignStatus.FINISHED)),
        Customer.id == Invitation.customer_id,
        Customer.opted_out_at.is_(None),
        ~has_open_case(Invitation.customer_id),
        Address.id == Delivery.address_id,
        Address.opted_out_at.is_(None),
        Address.undeliverable_at.is_(None),
        takes_part(only),
        *(  # who was asked something else since is not asked this once more
            or_(asked_at.is_(None), asked_at <= Invitation.queued_at)
            for asked_at in (Customer.asked_at, Address.asked_at)
        ),
    )
    unknown = Delivery.status == DeliveryStatus.UNKNOWN
    return and_(unknown, Delivery.channel.in_(channels), may_go.correlate(Delivery).exists())


def _of_token(token: str | BindParameter[str], kind: DeliveryKind | None, channel: str | None) -> ColumnElement[bool]:
    named = select(Invitation.id).where(Invitation.token == token).scalar_subquery()
    conditions = [Delivery.invitation_id == named]
    if kind is not None:
        conditions.append(Delivery.kind == kind)
    if channel is not None:
        conditions.append(Delivery.channel == channel)
    return and_(*conditions)
