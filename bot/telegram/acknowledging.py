"""Telling Telegram that a tap was seen: at once, best effort, in nobody's way."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from telegram import Bot
from telegram.error import TelegramError

from bot.telegram.connection import describe
from bot.telegram.turn import Toast

AT_ONCE = 8  # so that a rush of taps leaves connections for what has to be sent
PATIENCE = 15.0  # seconds; Telegram takes no answer to an old tap anyway

log = logging.getLogger(__name__)


class Acknowledgements:
    """The acknowledgements under way."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._places = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()

    def send(self, query_id: str, toast: Toast | None, chat: str) -> None:
        """Stops the button's spinner, with a line for the person where there is one; doesn't wait for it."""
        task = asyncio.create_task(self._send(query_id, toast, chat))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def finish(self) -> None:
        """Waits for what is under way."""
        await asyncio.gather(*self._under_way)

    async def _send(self, query_id: str, toast: Toast | None, chat: str) -> None:
        said, is_alert = (toast.text, toast.is_alert) if toast else (None, None)
        await self._try(lambda: self._bot.answer_callback_query(query_id, text=said, show_alert=is_alert))
        if toast is not None and (message_id := toast.stands_in) is not None:
            await self._try(lambda: self._bot.edit_message_text(toast.text, chat, message_id))

    async def _try(self, call: Callable[[], Awaitable[object]]) -> None:
        try:
            async with asyncio.timeout(PATIENCE), self._places:
                await call()
        except (TelegramError, TimeoutError) as error:  # too old, or cut off: the choice is shown in the message too
            log.debug("tap not acknowledged: %s", describe(error, self._bot))
