"""The staff's chats: where cases are seen to (a store's, a manager's, all others), and where they are answered."""

import asyncio
import logging

from telegram import Chat
from telegram.error import TelegramError

from bot.channels.settings import CaseChat, TelegramSettings
from bot.config import Settings
from bot.telegram.connection import ShopBot, describe
from scheduler.carding import Place

ASK_AGAIN = 60.0  # seconds, where Telegram could not say what kind of chat it is

log = logging.getLogger(__name__)


def staff_groups(settings: Settings) -> frozenset[str]:
    """Every chat that the settings name: only there staff are answered before others' eyes."""
    telegram = settings.telegram
    own = (
        [telegram.management_chat, telegram.cases_chat, *(one.chat for one in telegram.case_chats)] if telegram else []
    )
    named = [*own, settings.cases.escalation_chat, *settings.digest.store_chats.values()]
    return frozenset(chat for one in named if (chat := str(one).strip().lower()))


class CasesGroup:
    """Found once; only Telegram knows whether a chat is a group or a channel, where nobody's taps can be checked."""

    def __init__(self, bot: ShopBot, settings: TelegramSettings) -> None:
        self._bot, self._settings = bot, settings
        self._management = str(settings.management_chat).strip()
        self._found: str | None = str(settings.cases_chat).strip() or None
        self._not_before = 0.0

    async def find(self) -> str:
        """The chat for all; empty where there is none, or none is known yet."""
        if self._found is None and not self._management:
            self._found = ""
        if self._found is None and asyncio.get_running_loop().time() >= self._not_before:
            self._found = await self._ask()
            self._not_before = asyncio.get_running_loop().time() + ASK_AGAIN
        return self._found or ""

    def place_of(self, store: str | None, manager: str | None) -> Place:
        """Where a case of this store and manager is seen to: the first entry of the settings that fits, else the chat
        that `find` found."""
        for one in self._settings.case_chats:
            if _fits(one, store, manager):
                return Place(str(one.chat).strip(), one.topic or None)
        return Place(self._found or "", self._settings.cases_topic or None)

    @property
    def chats(self) -> list[str]:
        """Every chat of the settings in which cases are seen to."""
        named = [self._found or "", *(str(one.chat).strip() for one in self._settings.case_chats)]
        return list(dict.fromkeys(chat for chat in named if chat))

    async def _ask(self) -> str | None:
        try:
            chat = await self._bot.get_chat(self._management)
        except TelegramError as error:
            log.warning("no cases are shown yet: the management chat cannot be seen (%s)", describe(error, self._bot))
            return None
        return self._management if chat.type in (Chat.GROUP, Chat.SUPERGROUP) else ""


def _fits(entry: CaseChat, store: str | None, manager: str | None) -> bool:
    """Everything that it names is the same; capitals and blanks don't matter."""
    pairs = ((entry.store, store), (entry.manager, manager))
    return all(_plain(wanted) == _plain(given or "") for wanted, given in pairs if wanted.strip())


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
