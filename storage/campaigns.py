"""Campaigns: so far the daily round, the one that never ends."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Campaign
from storage.statuses import CampaignStatus
from storage.upserts import insert_into

DAILY = "daily"


async def find_daily(connection: AsyncConnection) -> int | None:
    """The id of the daily round's campaign; None before its first need."""
    found = await connection.execute(select(Campaign.id).where(Campaign.name == DAILY))
    return found.scalar_one_or_none()


async def lock_daily(connection: AsyncConnection, now: datetime) -> int:
    """The id of the daily round's campaign, made at need; nobody else queues for it in this transaction."""
    daily = {
        "name": DAILY,
        "kind": "transactional",
        "status": CampaignStatus.RUNNING,
        "created_at": now,
        "started_at": now,
    }
    await connection.execute(insert_into(connection, Campaign).values(daily).on_conflict_do_nothing())
    # A lock that answers and deliveries, which only refer to the campaign, don't wait for.
    locked = select(Campaign.id).where(Campaign.name == DAILY).with_for_update(key_share=True)
    return (await connection.execute(locked)).scalar_one()
