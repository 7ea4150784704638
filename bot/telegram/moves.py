"""Groups found again by every process and after every restart: under a new id, and by the public name that they had."""

import logging
from datetime import UTC, datetime

from telegram import Chat
from telegram.error import TelegramError

from bot.telegram import CHANNEL
from bot.telegram.connection import ShopBot
from scheduler.carding import ALL_KEYS
from storage.chat_moves import follow_moves, note_move, note_name
from storage.database import Connection, Database

log = logging.getLogger(__name__)


class ChatMoves:
    """What Telegram and the database know of groups that moved or have a name."""

    def __init__(self, database: Database, bot: ShopBot) -> None:
        self._database, self._bot = database, bot
        self._named: dict[str, str] = {}  # {public name: a group's number; of a channel its name}

    async def follow(self, chat: str) -> str:
        """Where a chat is now, a group by its number; only groups move."""
        there = await self._look_up(chat) if chat.startswith("@") else chat
        if not there.startswith("-"):
            return there
        async with self._database.read() as connection:
            return await follow_moves(connection, there)

    def called(self, chat: str) -> str:
        """The same as far as it is known without asking."""
        return self._named.get(chat.lower(), chat)

    async def note(self, old: str, new: str) -> None:
        """Telegram said so."""
        log.warning("chat %s has become %s: it is used from now on; change it in the settings", old, new)
        async with self._database.begin() as connection:
            await note_move(connection, channel=CHANNEL, old=old, new=new, now=datetime.now(UTC))

    async def _look_up(self, name: str) -> str:
        """Asked once: replies come from the group's number. Who cannot be asked is who they were before."""
        known = name.lower()
        if known not in self._named:
            try:
                chat = await self._bot.get_chat(name)
            except TelegramError:
                async with self._database.read() as connection:
                    return await follow_moves(connection, name)
            if chat.type in (Chat.GROUP, Chat.SUPERGROUP):
                async with self._database.begin() as connection:
                    await remember_name(connection, name, str(chat.id), datetime.now(UTC))
                self._named[known] = str(chat.id)
            else:
                self._named[known] = name
        return self._named[known]


async def remember_name(connection: Connection, name: str, chat: str, now: datetime) -> None:
    """Of a group: what is said there about cases can be replied to."""
    await note_name(connection, channel=CHANNEL, name=name, chat=chat, prefix=ALL_KEYS, now=now)
