"""Questions that their customers don't want to hear of again: nothing more is sent for them."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Delivery, Invitation
from storage.statuses import WAITING, CloseReason, DeliveryStatus, InvitationStatus


async def decline(connection: AsyncConnection, invitation_id: int, now: datetime) -> None:
    """open → closed; what waits to be sent for it is cancelled."""
    waiting = Delivery.status.in_(WAITING)
    await connection.execute(
        update(Delivery)
        .where(Delivery.invitation_id == invitation_id, waiting)
        .values(status=DeliveryStatus.CANCELLED, reason=CloseReason.DECLINED, settled_at=now)
    )
    await connection.execute(
        update(Invitation)
        .where(Invitation.id == invitation_id, Invitation.status == InvitationStatus.OPEN)
        .values(status=InvitationStatus.CLOSED, closed_reason=CloseReason.DECLINED)
    )


async def take_back(connection: AsyncConnection, invitation_id: int) -> None:
    """closed → open, where it was declined."""
    await connection.execute(
        update(Invitation)
        .where(Invitation.id == invitation_id, Invitation.closed_reason == CloseReason.DECLINED)
        .values(status=InvitationStatus.OPEN, closed_reason=None)
    )
