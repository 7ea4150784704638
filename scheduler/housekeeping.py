"""What is kept for a while only: processed updates, whose numbers are compared for a few days."""

from datetime import datetime, timedelta

from storage import inbox
from storage.database import Database

UPDATES_KEPT = timedelta(days=3)  # Telegram repeats an update for a day at the most


async def tidy(database: Database, now: datetime) -> None:
    """Forgets what is older than that."""
    async with database.begin() as connection:
        await inbox.purge_done(connection, now - UPDATES_KEPT)
