"""Messages that show how a campaign stands: who is due to be looked at, and what was shown last."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import CampaignWatch
from storage.upserts import insert_into


@dataclass(frozen=True, kw_only=True)
class Watch:
    """One of them."""

    id: int
    campaign_id: int
    chat: str
    message_id: int | None  # that it begins with; None once that is queued
    version: int
    shown: str | None
    pause_seconds: int


async def begin_watch(
    connection: AsyncConnection, campaign_id: int, chat: str, message_id: int | None, now: datetime
) -> None:
    """From now on a message in that chat follows the campaign; one a chat, the latest."""
    row = {
        "campaign_id": campaign_id, "chat": chat, "message_id": message_id, "shown": None,
        "version": int(now.timestamp() * 1000), "next_at": now, "pause_seconds": 0,
    }  # fmt: skip
    await connection.execute(
        delete(CampaignWatch).where(CampaignWatch.campaign_id == campaign_id, CampaignWatch.chat == chat)
    )
    await connection.execute(insert_into(connection, CampaignWatch).values(**row).on_conflict_do_nothing())


async def due_watches(connection: AsyncConnection, now: datetime) -> list[Watch]:
    """Those to be looked at."""
    columns = [getattr(CampaignWatch, name) for name in Watch.__dataclass_fields__]
    rows = await connection.execute(select(*columns).where(CampaignWatch.next_at <= now).order_by(CampaignWatch.id))
    return [Watch(**row._mapping) for row in rows]


async def look_again(
    connection: AsyncConnection, watch: Watch, shown: str | None, version: int, *, now: datetime, pause: int
) -> bool:
    """Writes what was queued, to be looked at again after so many seconds; False: another process was quicker."""
    noted = (
        update(CampaignWatch)
        .where(CampaignWatch.id == watch.id, CampaignWatch.version == watch.version)
        .values(
            shown=shown, version=version, next_at=now + timedelta(seconds=pause), pause_seconds=pause, message_id=None
        )
    )
    return (await connection.execute(noted)).rowcount == 1


async def hold_watches(connection: AsyncConnection, campaign_id: int, until: datetime) -> None:
    """Leaves the messages of a campaign as they are until then, and writes them anew after that."""
    await connection.execute(
        update(CampaignWatch)
        .where(CampaignWatch.campaign_id == campaign_id)
        .values(next_at=until, shown=None, pause_seconds=0)
    )


async def end_watch(connection: AsyncConnection, watch: Watch) -> bool:
    """False: another process ended it."""
    ended = delete(CampaignWatch).where(CampaignWatch.id == watch.id, CampaignWatch.version == watch.version)
    return (await connection.execute(ended)).rowcount == 1
