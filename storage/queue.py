"""The queue looked at from outside: whether something is left, and how much."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.going import may_go
from storage.heads import find_heads
from storage.models import Delivery
from storage.statuses import DeliveryStatus


async def is_waiting(
    connection: AsyncConnection, channels: Collection[str], now: datetime, only: Collection[str] = (), *,
    require_consent: bool,
) -> bool:  # fmt: skip
    """Whether something is due on these channels and may go; or is in the way, which a lease clears."""
    if only:
        return await count_waiting(connection, channels, now, only, require_consent=require_consent) > 0
    return any([await find_heads(connection, channel, now) for channel in channels])


async def count_waiting(
    connection: AsyncConnection, channels: Collection[str], now: datetime, only: Collection[str] = (), *,
    require_consent: bool,
) -> int:  # fmt: skip
    """What is due on these channels and may go."""
    goes_now = may_go(now, only, require_consent=require_consent)
    statement = select(func.count()).where(_due(now), Delivery.channel.in_(channels), goes_now)
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
