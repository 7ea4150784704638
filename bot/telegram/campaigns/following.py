"""The step that looks at followed campaigns, and queues their message where something changed."""

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime

from bot.reports.progress import progress_text
from bot.telegram import CHANNEL
from bot.telegram.campaigns.progress import progress_keyboard
from scheduler.asking.campaigning import Campaign, read
from scheduler.asking.forecasting import Shop
from scheduler.figures.campaigns import campaign_figures
from scheduler.outbox import MessageKind, queue_message
from storage import campaign_watches, campaigns, outbox
from storage.campaign_watches import Watch
from storage.database import Connection, Database
from storage.pauses import read_pause
from storage.statuses import CampaignStatus

PRIVATE, GROUP = 4, 10  # seconds between two edits: Telegram takes 20 messages a minute in a group
LONGEST = 60  # seconds between two looks where nothing changes
SHARE = 20  # looking takes a twentieth of the time at most, however many deliveries are counted


@dataclass(frozen=True)
class Look:
    """What a message shall show."""

    campaign: Campaign
    text: str
    seconds: float  # that it took

    @property
    def digest(self) -> str:
        """Of what is shown; the buttons follow from the status, which the text names."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    @property
    def is_over(self) -> bool:
        """Nothing will change any more, but for late answers."""
        return self.campaign.status in (CampaignStatus.FINISHED, CampaignStatus.CANCELLED) and bool(
            self.campaign.finished_at
        )


async def follow_campaigns(database: Database, shop: Shop, now: datetime) -> int:
    """Queues the messages of campaigns that moved on; how many. Whichever process does it, each once."""
    async with database.read() as connection:
        due = await campaign_watches.due_watches(connection, now)
    queued = 0
    for watch in due:
        if await _is_behind(database, watch):
            continue
        look = await _look(database, shop, watch)
        async with database.begin() as connection:
            queued += await _tell(connection, shop, watch, look, now)
    return queued


async def _is_behind(database: Database, watch: Watch) -> bool:
    """What was queued before is not told yet, as Telegram is slow or away: no heap of edits, and nothing is counted."""
    async with database.read() as connection:
        return await outbox.is_queued(connection, _prefix(watch), target=watch.chat)


async def _look(database: Database, shop: Shop, watch: Watch) -> Look:
    began = time.monotonic()
    async with database.read() as connection:
        campaign = await find_by_id(connection, watch.campaign_id)
        figures = await campaign_figures(connection, watch.campaign_id, shop.rates)
        text = progress_text(campaign, figures, shop.company, await read_pause(connection))
    return Look(campaign, text, time.monotonic() - began)


async def find_by_id(connection: Connection, campaign_id: int) -> Campaign:
    """A campaign that is known to be there."""
    return read(await campaigns.get_campaign(connection, campaign_id))


async def _tell(connection: Connection, shop: Shop, watch: Watch, look: Look, now: datetime) -> bool:
    prefix = _prefix(watch)
    least = max(GROUP if watch.chat.startswith("-") else PRIVATE, int(SHARE * look.seconds))
    if look.digest == watch.shown and not look.is_over:
        pause = min(max(least, 2 * watch.pause_seconds), LONGEST)
        await campaign_watches.look_again(connection, watch, watch.shown, watch.version, now=now, pause=pause)
        return False
    if not await _move_on(connection, watch, look, now, least):
        return False
    known = watch.message_id or await outbox.latest_reference(connection, prefix, channel=CHANNEL, target=watch.chat)
    keyboard = progress_keyboard(look.campaign, shop.company.language)
    payload: dict[str, object] = {"text": look.text, "keyboard": keyboard.to_dict() if keyboard else None}
    if known:
        payload |= {"message_id": int(known), "anew": True}
    return await queue_message(
        connection, key=f"{prefix}{watch.version + 1}", kind=MessageKind.EDIT if known else MessageKind.TEXT,
        channel=CHANNEL, target=watch.chat, payload=payload, now=now,
    )  # fmt: skip


def _prefix(watch: Watch) -> str:
    return f"progress:{watch.campaign_id}:"


async def _move_on(connection: Connection, watch: Watch, look: Look, now: datetime, least: int) -> bool:
    """False: another process, or a tap, was quicker."""
    if look.is_over:
        return await campaign_watches.end_watch(connection, watch)
    return await campaign_watches.look_again(connection, watch, look.digest, watch.version + 1, now=now, pause=least)
