"""A group that became a supergroup is found again under its new id, by every process and after every restart."""

import logging
from datetime import UTC, datetime

from bot.telegram import CHANNEL
from storage.chat_moves import follow_moves, note_move
from storage.database import Database

log = logging.getLogger(__name__)


class ChatMoves:
    """What the database knows of groups that moved."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def follow(self, chat: str) -> str:
        """Where a chat is now; only groups move."""
        if not chat.startswith("-"):
            return chat
        async with self._database.read() as connection:
            return await follow_moves(connection, chat)

    async def note(self, old: str, new: str) -> None:
        """Telegram said so."""
        log.warning("chat %s has become %s: it is used from now on; change it in the settings", old, new)
        async with self._database.begin() as connection:
            await note_move(connection, channel=CHANNEL, old=old, new=new, now=datetime.now(UTC))
