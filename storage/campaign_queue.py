"""The queue of one campaign: counted, asked whether anything is left, emptied a stretch at a time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from storage.models import Delivery, Invitation, Response
from storage.statuses import UNSETTLED, WAITING, DeliveryKind, DeliveryStatus, InvitationStatus
from storage.suspects import counts


@dataclass(frozen=True, kw_only=True)
class QueueCount:
    """Deliveries of one kind on one channel in one status."""

    channel: str
    status: DeliveryStatus
    kind: DeliveryKind
    count: int


async def count_deliveries(connection: AsyncConnection, campaign_id: int) -> list[QueueCount]:
    """Of a campaign, by channel, status and kind."""
    counted = await connection.execute(
        select(Delivery.channel, Delivery.status, Delivery.kind, func.count())
        .where(Delivery.status.in_(list(DeliveryStatus)), Delivery.campaign_id == campaign_id)
        .group_by(Delivery.channel, Delivery.status, Delivery.kind)
    )
    return [
        QueueCount(channel=channel, status=DeliveryStatus(status), kind=DeliveryKind(kind), count=count)
        for channel, status, kind, count in counted
    ]


async def count_invitations(connection: AsyncConnection, campaign_id: int) -> dict[InvitationStatus, int]:
    """Of a campaign, by status."""
    counted = await connection.execute(
        select(Invitation.status, func.count()).where(Invitation.campaign_id == campaign_id).group_by(Invitation.status)
    )
    return {InvitationStatus(status): count for status, count in counted}


async def count_campaign_scores(connection: AsyncConnection, campaign_id: int) -> dict[int, int]:
    """{score: answers} to a campaign; suspect ones that nobody accepted are left out."""
    counted = await connection.execute(
        select(Response.score, func.count())
        .where(Response.campaign_id == campaign_id, counts())
        .group_by(Response.score)
    )
    return {row.score: row[1] for row in counted}


async def is_unsettled(connection: AsyncConnection, campaign_id: int) -> bool:
    """Whether anything of a campaign waits or is being handed over."""
    unsettled = select(Delivery.id).where(Delivery.campaign_id == campaign_id, Delivery.status.in_(UNSETTLED))
    return bool((await connection.execute(select(unsettled.exists()))).scalar_one())


async def find_reminder_to_come(connection: AsyncConnection, campaign_id: int, handed_since: datetime) -> int | None:
    """A question that was handed over after that moment and for which a reminder may still be queued, of those that
    were due last: they are reminded last. None: there is none."""
    newest_first = (Delivery.channel.desc(), Delivery.due_at.desc(), Delivery.id.desc())  # the index backwards
    of_campaign = (Delivery.campaign_id == campaign_id, Delivery.status == DeliveryStatus.SENT)
    to_come = select(Delivery.id).where(*of_campaign, _may_be_reminded(handed_since)).order_by(*newest_first).limit(1)
    return (await connection.execute(to_come)).scalar_one_or_none()


async def is_reminder_to_come(connection: AsyncConnection, delivery_id: int, handed_since: datetime) -> bool:
    """Whether it may still be queued for this question."""
    of_it = (Delivery.id == delivery_id, Delivery.status == DeliveryStatus.SENT, _may_be_reminded(handed_since))
    return bool((await connection.execute(select(select(Delivery.id).where(*of_it).exists()))).scalar_one())


def _may_be_reminded(handed_since: datetime) -> ColumnElement[bool]:
    reminder = aliased(Delivery)
    of_it = (reminder.invitation_id == Delivery.invitation_id, reminder.kind == DeliveryKind.REMINDER)
    is_open = (Invitation.id == Delivery.invitation_id, Invitation.status == InvitationStatus.OPEN)
    return and_(
        Delivery.kind == DeliveryKind.QUESTION,
        Delivery.handed_at > handed_since,
        select(Invitation.id).where(*is_open).correlate(Delivery).exists(),
        ~select(reminder.id).where(*of_it).correlate(Delivery).exists(),
    )


async def cancel_stretch(connection: AsyncConnection, campaign_id: int, limit: int, now: datetime) -> list[int]:
    """queued, leased → cancelled, some of a campaign's; ids of their invitations, none: nothing is left."""
    some = (
        select(Delivery.id)
        .where(Delivery.status.in_(WAITING), Delivery.campaign_id == campaign_id)
        .order_by(Delivery.id)
        .limit(limit)
    )
    cancelled = await connection.execute(
        update(Delivery)
        .where(Delivery.id.in_(some), Delivery.status.in_(WAITING))
        .values(status=DeliveryStatus.CANCELLED, reason="campaign", settled_at=now)
        .returning(Delivery.invitation_id)
    )
    return list(cancelled.scalars())
