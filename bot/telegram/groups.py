"""Where staff see to cases: the group of the settings, else the management chat where it is a group."""

import asyncio
import logging

from telegram import Chat
from telegram.error import TelegramError

from bot.channels.settings import TelegramSettings
from bot.telegram.connection import ShopBot, describe

ASK_AGAIN = 60.0  # seconds, where Telegram could not say what kind of chat it is

log = logging.getLogger(__name__)


class CasesGroup:
    """Found once; only Telegram knows whether a chat is a group or a channel, where nobody's taps can be checked."""

    def __init__(self, bot: ShopBot, settings: TelegramSettings) -> None:
        self._bot, self._management = bot, str(settings.management_chat).strip()
        self._found: str | None = str(settings.cases_chat).strip() or None
        self._not_before = 0.0

    async def find(self) -> str:
        """The chat; empty where there is none, or none is known yet."""
        if self._found is None and not self._management:
            self._found = ""
        if self._found is None and asyncio.get_running_loop().time() >= self._not_before:
            self._found = await self._ask()
            self._not_before = asyncio.get_running_loop().time() + ASK_AGAIN
        return self._found or ""

    async def _ask(self) -> str | None:
        try:
            chat = await self._bot.get_chat(self._management)
        except TelegramError as error:
            log.warning("no cases are shown yet: the management chat cannot be seen (%s)", describe(error, self._bot))
            return None
        return self._management if chat.type in (Chat.GROUP, Chat.SUPERGROUP) else ""
