"""Trouble with a channel, told once an episode: to the admins, and to whoever gets the digest."""

from datetime import datetime

from bot.config import Settings
from bot.reports.trouble import trouble_subject, trouble_text
from bot.telegram import CHANNEL as TELEGRAM
from bot.telegram.minding import admin_chats
from bot.telling import queue_words, staff_targets
from scheduler import troubles
from scheduler.digesting import Target
from storage.database import Database


async def queue_alarms(database: Database, settings: Settings, now: datetime) -> int:
    """Queues what nobody was told of yet; how many episodes. Without targets it waits for one."""
    async with database.read() as connection:
        if not await troubles.is_untold(connection, now):
            return 0
    targets = await _targets(database, settings)
    if not targets:
        return 0
    async with database.begin() as connection:
        untold = await troubles.take_untold(connection, now)
        for trouble in untold:
            subject = trouble_subject(trouble, settings.company)
            payload = {"subject": subject, "text": f"{subject}\n\n{trouble_text(trouble, settings.company)}"}
            cause = f"alarm:{trouble.channel}:{trouble.kind}:{trouble.began_at.isoformat()}"
            await queue_words(connection, targets, payload, cause=cause, now=now)
    return len(untold)


async def _targets(database: Database, settings: Settings) -> list[Target]:
    """Not the admins alone: one who never opened the bot hears nothing there."""
    admins = await admin_chats(database, settings) if settings.telegram else []
    return list(dict.fromkeys([*(Target(TELEGRAM, chat) for chat in admins), *staff_targets(settings, "")]))
