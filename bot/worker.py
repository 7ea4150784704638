"""Sending only, beside a `molva run` on the same database: no pages, no updates, no periodic jobs."""

import asyncio
import logging
from datetime import UTC, datetime

from bot.channels.connections import open_connections
from bot.channels.opening import build_channels
from bot.config import Settings
from scheduler.asking.sending import Sent, send_due
from scheduler.clock import Clock
from storage.database import Database
from storage.senders import register_sender

log = logging.getLogger(__name__)


async def run_worker(settings: Settings, database: Database, stop: asyncio.Event) -> None:
    """Sends what is due by the clock until `stop` is set; what is under way then ends, the rest stays queued.

    :raises AnotherSender: on SQLite, where another process is sending
    """
    async with register_sender(database) as sender, open_connections(settings) as connections:
        channels = build_channels(settings, connections)
        stopping = asyncio.Event()

        async def send() -> Sent:
            return await send_due(
                database, channels, settings.survey, settings.company, _now, sender=sender, stopping=stopping
            )

        clock = Clock(settings.company.zone)
        clock.every(settings.schedule.send_every_seconds, "send", send)
        async with clock:
            log.info("sending as number %d", sender.id)
            await stop.wait()
            log.info("stopping")
            stopping.set()


def _now() -> datetime:
    return datetime.now(UTC)
