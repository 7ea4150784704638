"""What is kept for a while only: processed updates and letters, which must not be processed again; dialogues; what was
told."""

from datetime import datetime, timedelta

from scheduler.mailbox import KEPT
from scheduler.outbox import MessageKind
from storage import dialogues, inbox, mailbox, outbox, rates
from storage.database import Database

DIALOGUES_KEPT = timedelta(days=7)  # that nobody went on with
UPDATES_KEPT = timedelta(days=3)  # Telegram repeats an update for a day at the most
LETTERS_SPARED = timedelta(days=2)  # a mail server tells letters' age by days of its own
PACES_KEPT = timedelta(hours=1)  # of single chats, once they have all their slots back
MESSAGES_KEPT = timedelta(days=90)  # that were told
EVER_KEPT = (  # as long as what they speak of: cards are edited, all of them are replied to, no week is told twice
    MessageKind.CASE_CARD, MessageKind.CASE_NOTICE, MessageKind.CASE_NOTE, MessageKind.CASE_FILE, MessageKind.ANSWER,
    MessageKind.DIGEST,
)  # fmt: skip
AT_ONCE = 5000  # messages in one transaction


async def tidy(database: Database, now: datetime) -> None:
    """Forgets what is older than that."""
    async with database.begin() as connection:
        await dialogues.forget_dialogues(connection, now - DIALOGUES_KEPT)
        await inbox.purge_done(connection, now - UPDATES_KEPT)
        await mailbox.forget_letters(connection, now - KEPT - LETTERS_SPARED)
        await rates.forget_chats(connection, idle=PACES_KEPT.total_seconds())
    while await _forget_told(database, now - MESSAGES_KEPT) == AT_ONCE:
        continue


async def _forget_told(database: Database, before: datetime) -> int:
    async with database.begin() as connection:
        return await outbox.purge_told(connection, before, kept=EVER_KEPT, limit=AT_ONCE)
