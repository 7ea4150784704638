"""What waits for a person: dead letters, and deliveries of which nobody knows whether they arrived."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Delivery, InboxUpdate, OutboxMessage
from storage.statuses import DeliveryStatus, InboxStatus, OutboxStatus


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """Rows of each kind."""

    dead_updates: int
    dead_messages: int
    unknown_deliveries: int


async def count_leftovers(connection: AsyncConnection) -> Leftovers:
    """Counts over the whole database."""
    dead_updates = select(func.count()).where(InboxUpdate.status == InboxStatus.DEAD)
    dead_messages = select(func.count()).where(OutboxMessage.status == OutboxStatus.DEAD)
    unknown = select(func.count()).where(Delivery.status == DeliveryStatus.UNKNOWN)
    return Leftovers(
        dead_updates=(await connection.execute(dead_updates)).scalar_one(),
        dead_messages=(await connection.execute(dead_messages)).scalar_one(),
        unknown_deliveries=(await connection.execute(unknown)).scalar_one(),
    )
