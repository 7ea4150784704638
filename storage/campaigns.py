"""Campaigns: described, started, paused, cancelled; each arrow of `CampaignStatus` is one guarded UPDATE."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Campaign, Delivery
from storage.pauses import read_pause
from storage.statuses import CampaignKind, CampaignStatus, DeliveryStatus
from storage.upserts import insert_into

DAILY = "daily"  # the round
SITE = "site"  # the question on the shop's site
RECOVERY = "recovery"  # whether it is better now, after a case was resolved
ENDLESS = {DAILY: CampaignKind.TRANSACTIONAL, SITE: CampaignKind.TRANSACTIONAL, RECOVERY: CampaignKind.RELATIONSHIP}


class NameTaken(Exception):
    """There is a campaign of that name already: names are how people call them."""


async def find_daily(connection: AsyncConnection) -> int | None:
    """The id of the daily round's campaign; None before its first need."""
    found = await connection.execute(select(Campaign.id).where(Campaign.name == DAILY))
    return found.scalar_one_or_none()


async def is_paused(connection: AsyncConnection, name: str) -> bool:
    """Whether a person paused the campaign of that name, or everything."""
    if await read_pause(connection) is not None:
        return True
    status = await connection.execute(select(Campaign.status).where(Campaign.name == name))
    return status.scalar_one_or_none() == CampaignStatus.PAUSED


async def is_daily_paused(connection: AsyncConnection) -> bool:
    """Whether a person paused the daily round, or everything."""
    return await is_paused(connection, DAILY)


async def ensure_endless(connection: AsyncConnection, name: str, now: datetime) -> None:
    """Makes one of the campaigns that never end at need."""
    row = {
        "name": name,
        "kind": ENDLESS[name],
        "status": CampaignStatus.RUNNING,
        "created_at": now,
        "started_at": now,
    }
    await connection.execute(insert_into(connection, Campaign).values(row).on_conflict_do_nothing())


async def lock_endless(connection: AsyncConnection, name: str, now: datetime) -> int:
    """The id of a round's campaign, made at need; nobody else queues for it in this transaction."""
    await ensure_endless(connection, name, now)
    # A lock that answers and deliveries, which only refer to the campaign, don't wait for.
    locked = select(Campaign.id).where(Campaign.name == name).with_for_update(key_share=True)
    return (await connection.execute(locked)).scalar_one()


async def find_site(connection: AsyncConnection, now: datetime) -> int:
    """The id of the campaign of the question on the shop's site, made at need."""
    await ensure_endless(connection, SITE, now)
    return (await connection.execute(select(Campaign.id).where(Campaign.name == SITE))).scalar_one()


async def is_site_paused(connection: AsyncConnection) -> bool:
    """Whether a person paused the question on the shop's site, or everything."""
    return await is_paused(connection, SITE)


async def find_rounds(connection: AsyncConnection) -> list[int]:
    """Ids of the campaigns that share the number of the day, as far as there was need of them."""
    return list((await connection.execute(select(Campaign.id).where(Campaign.name.in_((DAILY, RECOVERY))))).scalars())


async def add_campaign(connection: AsyncConnection, campaign: dict[str, Any]) -> int:
    """A draft, its values by column; returns its id.

    :raises NameTaken: there is one of that name
    """
    row = {**campaign, "status": CampaignStatus.DRAFT}
    try:
        return (await connection.execute(insert(Campaign).values(**row).returning(Campaign.id))).scalar_one()
    except IntegrityError as error:
        raise NameTaken(campaign["name"]) from error


async def find_campaign(connection: AsyncConnection, name: str) -> Row[Any] | None:
    """The campaign of that name, else of that number; every column. None: there is none."""
    columns = select(Campaign.__table__)
    found = (await connection.execute(columns.where(Campaign.name == name))).one_or_none()
    if found is None and name.isascii() and name.isdecimal() and len(name) <= 18:
        found = (await connection.execute(columns.where(Campaign.id == int(name)))).one_or_none()
    return found


async def get_campaign(connection: AsyncConnection, campaign_id: int) -> Row[Any]:
    """The campaign of an id that is known; every column."""
    return (await connection.execute(select(Campaign.__table__).where(Campaign.id == campaign_id))).one()


async def list_campaigns(connection: AsyncConnection) -> list[Row[Any]]:
    """Every campaign, the newest first; every column."""
    return list((await connection.execute(select(Campaign.__table__).order_by(Campaign.id.desc()))).all())


async def move(
    connection: AsyncConnection, campaign_id: int, start: tuple[CampaignStatus, ...], to: CampaignStatus, **values: Any
) -> bool:
    """One arrow: from one of these statuses to another; False where it stood elsewhere."""
    moved = await connection.execute(
        update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.status.in_(start))
        .values(status=to, **values)
        .returning(Campaign.id)
    )
    return moved.scalar_one_or_none() is not None


async def note(connection: AsyncConnection, campaign_id: int, **values: Any) -> None:
    """Writes beside the status, which only `move` changes."""
    await connection.execute(update(Campaign).where(Campaign.id == campaign_id).values(**values))


async def running_ones(connection: AsyncConnection) -> list[int]:
    """Ids of the ad-hoc campaigns that run."""
    wanted = select(Campaign.id).where(Campaign.status == CampaignStatus.RUNNING, Campaign.name.not_in(ENDLESS))
    return list((await connection.execute(wanted)).scalars())


async def refilled_ones(connection: AsyncConnection) -> list[int]:
    """Ids of the finished campaigns that have something in their queue again."""
    waiting = select(Delivery.id).where(Delivery.campaign_id == Campaign.id, Delivery.status == DeliveryStatus.QUEUED)
    wanted = select(Campaign.id).where(Campaign.status == CampaignStatus.FINISHED, waiting.correlate(Campaign).exists())
    return list((await connection.execute(wanted)).scalars())


async def uncleared_ones(connection: AsyncConnection) -> list[int]:
    """Ids of the cancelled campaigns whose queue has not been cleared to its end."""
    wanted = select(Campaign.id).where(Campaign.status == CampaignStatus.CANCELLED, Campaign.finished_at.is_(None))
    return list((await connection.execute(wanted)).scalars())
