"""What is kept for a while only: processed updates and letters, which must not be processed again; dialogues."""

from datetime import datetime, timedelta

from scheduler.mailbox import KEPT
from storage import dialogues, inbox, mailbox
from storage.database import Database

DIALOGUES_KEPT = timedelta(days=7)  # that nobody went on with
UPDATES_KEPT = timedelta(days=3)  # Telegram repeats an update for a day at the most
LETTERS_SPARED = timedelta(days=2)  # a mail server tells letters' age by days of its own


async def tidy(database: Database, now: datetime) -> None:
    """Forgets what is older than that."""
    async with database.begin() as connection:
        await dialogues.forget_dialogues(connection, now - DIALOGUES_KEPT)
        await inbox.purge_done(connection, now - UPDATES_KEPT)
        await mailbox.forget_letters(connection, now - KEPT - LETTERS_SPARED)
