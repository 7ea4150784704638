"""The round that minds cases, as the settings and the staff of this moment have it."""

from datetime import datetime

from bot.config import Settings
from bot.telegram import CHANNEL
from bot.telegram.staff import Staff
from scheduler.minding import Minding
from storage.database import Database
from storage.staff import read_roles


async def mind_cases(database: Database, settings: Settings, now: datetime) -> int:
    """Queues what is due to be said about cases; how many notices."""
    if settings.telegram is None:
        return 0
    minding = Minding(
        rules=settings.cases,
        policy=settings.survey,
        company=settings.company,
        channel=CHANNEL,
        above=await _above(database, settings),
    )
    return await minding.round(database, now)


async def _above(database: Database, settings: Settings) -> list[str]:
    """The chats to which a case is taken when it is left for very long."""
    if chat := str(settings.cases.escalation_chat).strip():
        return [chat]
    return await admin_chats(database, settings)


async def admin_chats(database: Database, settings: Settings) -> list[str]:
    """The private chats of the admins."""
    async with database.read() as connection:
        staff = Staff.of(settings.telegram).joined_by(await read_roles(connection))
    return [str(one) for one in sorted(staff.admins)]
