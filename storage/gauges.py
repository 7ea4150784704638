"""The state of the work at this moment, counted by indexes: what waits, what came of today, who is there.

No function looks at what is long done, so that looking stays cheap however much was ever sent.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.clock import read_seconds
from storage.models import Campaign, Delivery, InboxUpdate, Invitation, OutboxMessage, Rate, Sender
from storage.rates import CHAT
from storage.senders import LOCKS
from storage.statuses import UNSETTLED, CampaignStatus, DeliveryStatus, InboxStatus, OutboxStatus

NOT_OVER = (*UNSETTLED, DeliveryStatus.UNKNOWN)
HELD_LOCKS = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = :locks AND objid > 0"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


async def count_unsettled(connection: AsyncConnection) -> dict[tuple[str, str], int]:
    """{(channel, status): deliveries} that wait, are under way or unknown."""
    counted = await connection.execute(
        select(Delivery.channel, Delivery.status, func.count())
        .where(Delivery.status.in_(NOT_OVER))
        .group_by(Delivery.channel, Delivery.status)
    )
    return {(channel, status): count for channel, status, count in counted}


async def find_oldest_due(connection: AsyncConnection, channel: str, now: datetime) -> datetime | None:
    """Since when the longest waiting delivery of the running campaigns may go; None: nothing is due."""
    longest = (
        select(Delivery.id)
        .where(
            Delivery.status == DeliveryStatus.QUEUED,
            Delivery.campaign_id == Campaign.id,
            Delivery.channel == channel,
            Delivery.due_at <= now,
        )
        .order_by(Delivery.due_at, Delivery.id)
        .limit(1)
        .correlate(Campaign)
        .scalar_subquery()
    )
    # What may go at once is due before it was queued, see storage.due: it has waited since it was queued.
    statement = (
        select(Delivery.due_at, Invitation.queued_at)
        .join_from(Campaign, Delivery, Delivery.id == longest)
        .join(Invitation, Invitation.id == Delivery.invitation_id)
        .where(Campaign.status == CampaignStatus.RUNNING)
    )
    return min((max(due, queued) for due, queued in await connection.execute(statement)), default=None)


async def count_handed_over(connection: AsyncConnection, since: datetime) -> dict[tuple[str, str], int]:
    """{(channel, status as it is now): deliveries} handed over since then."""
    counted = await connection.execute(
        select(Delivery.channel, Delivery.status, func.count())
        .where(Delivery.handed_at >= since)
        .group_by(Delivery.channel, Delivery.status)
    )
    return {(channel, status): count for channel, status, count in counted}


async def count_campaigns(connection: AsyncConnection) -> dict[str, int]:
    """{status: campaigns}, the daily round among them."""
    counted = await connection.execute(select(Campaign.status, func.count()).group_by(Campaign.status))
    return {row.status: row[1] for row in counted}


async def count_inbox(connection: AsyncConnection) -> dict[str, int]:
    """{status: updates} that are to be processed, or that nobody could."""
    return await _count(connection, InboxUpdate, (InboxStatus.PENDING, InboxStatus.DEAD))


async def count_outbox(connection: AsyncConnection) -> dict[str, int]:
    """{status: messages} that are to be told, or that nobody took."""
    return await _count(connection, OutboxMessage, (OutboxStatus.QUEUED, OutboxStatus.DEAD))


async def read_pauses(connection: AsyncConnection) -> dict[str, float]:
    """{resource: seconds} for which the other side asked to be left alone still; 0: it takes what comes."""
    now = await read_seconds(connection)
    rows = await connection.execute(
        select(Rate.resource, Rate.paused_at, Rate.paused_until).where(~Rate.resource.contains(CHAT))
    )
    return {
        row.resource: row.paused_until - now if (row.paused_at or 0) <= now < (row.paused_until or 0) else 0.0
        for row in rows
    }


async def count_senders(connection: AsyncConnection) -> int:
    """Sending processes whose lock is held; on SQLite, where there is one at most, those that registered."""
    if connection.dialect.name == "postgresql":
        return int((await connection.execute(HELD_LOCKS, {"locks": LOCKS})).scalar_one())
    return min(1, (await connection.execute(select(func.count()).select_from(Sender))).scalar_one())


async def _count(
    connection: AsyncConnection, table: type[InboxUpdate] | type[OutboxMessage], statuses: Collection[str]
) -> dict[str, int]:
    counted = await connection.execute(
        select(table.status, func.count()).where(table.status.in_(statuses)).group_by(table.status)
    )
    return {**dict.fromkeys(map(str, statuses), 0), **{row.status: row[1] for row in counted}}
