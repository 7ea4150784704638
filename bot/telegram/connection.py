"""The connection to the Bot API: python-telegram-bot's `Bot`, set up so that it neither warns nor tells its token."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from telegram import Bot, ReplyParameters
from telegram.error import TelegramError
from telegram.request import BaseRequest, HTTPXRequest

from bot.channels.settings import TelegramSettings
from bot.config import ConfigError
from bot.telegram.authorities import authorities
from bot.telegram.fast_request import FastRequest, environment_proxy

SPARE = 16  # connections for taps and replies, beside those for questions
CONNECT_SECONDS, POOL_SECONDS = 10, 10
READ_SECONDS = 30  # long patience after hand-over: what is cut off there counts as unknown and is never asked again
MEDIA_SECONDS = 40
LONG_POLL = 25.0  # seconds that the Bot API may wait for an update before it answers
ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member")  # named on every call: Telegram remembers the last


class ShopBot(Bot):
    """A bot that hands updates over as they came, and knows its name."""

    _known_name: str | None = None

    @property
    def known_name(self) -> str | None:
        """The bot's own, of which links are made; None: nobody has asked the Bot API for it yet."""
        return self._known_name

    async def find_name(self) -> str:
        """The same, asked for at need.

        :raises TelegramError: the Bot API does not answer
        """
        if self._known_name is None:
            self._known_name = (await self.get_me()).username or ""
        return self._known_name

    async def ask_plainly(
        self, chat: str, text: str, markup: str, *, paid: bool | None = None, reply: ReplyParameters | None = None
    ) -> int:
        """`send_message` without the objects that the library makes of a keyboard and of its answer: they cost as
        much as all else of a question. Returns the message's id.

        :param markup: the keyboard in JSON
        :raises TelegramError: as `send_message`
        """
        parameters = {
            "chat_id": chat, "text": text, "reply_markup": markup, "allow_paid_broadcast": paid,
            "reply_parameters": reply,
        }  # fmt: skip
        sent = await self._post("sendMessage", parameters)
        return int(sent["message_id"])

    async def fetch_raw_updates(self, offset: int | None, wait: float) -> list[Any]:
        """The JSON of the next updates, unparsed: a malformed one must not take its batch with it.

        :param offset: confirms every update before it; None confirms nothing
        :param wait: seconds of the long poll
        """
        parameters = {"offset": offset, "timeout": int(wait), "limit": 100, "allowed_updates": ALLOWED_UPDATES}
        # Not do_api_request, which warns where the library has a method of its own; that one parses.
        found = await self._post("getUpdates", parameters, read_timeout=wait + 10)
        if not isinstance(found, list):
            raise TelegramError("getUpdates was answered with something else than a list")
        return found


@asynccontextmanager
async def connect(settings: TelegramSettings) -> AsyncIterator[ShopBot]:
    """A bot, closed at the end; nothing is asked of the Bot API yet.

    :raises ConfigError: the proxy cannot be used
    """
    os.environ.setdefault("PTB_TIMEDELTA", "1")  # otherwise the library warns about its own retry_after
    silence_token()
    polling = _request(settings, pool=2)
    is_fast = settings.allow_paid_broadcast and not settings.proxy.startswith("socks")  # of which aiohttp knows nothing
    calling = (_fast_request if is_fast else _request)(settings, pool=settings.places + SPARE)
    bot = ShopBot(
        settings.token,
        base_url=f"{settings.api_url.rstrip('/')}/bot",
        base_file_url=f"{settings.api_url.rstrip('/')}/file/bot",
        request=calling,
        get_updates_request=polling,
    )
    try:
        yield bot
    finally:
        await polling.shutdown()
        await calling.shutdown()


def silence_token() -> None:
    """httpx logs every address at INFO, and the Bot API's addresses hold the token; so do others at DEBUG.

    python-telegram-bot logs what a proxy answers, which may quote the address; it raises the same, and we say it.
    """
    for name in ("httpx", "httpcore", "aiohttp"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("telegram").setLevel(logging.CRITICAL)


def describe(error: Exception, bot: Bot) -> str:
    """An error in one line for the log, without the token."""
    return f"{type(error).__name__}: {error}".replace(bot.token, "…").replace("\n", " ")[:500]


def _request(settings: TelegramSettings, pool: int) -> BaseRequest:
    try:
        return HTTPXRequest(
            connection_pool_size=pool,
            proxy=settings.proxy or None,
            connect_timeout=CONNECT_SECONDS,
            pool_timeout=POOL_SECONDS,
            write_timeout=20,
            read_timeout=READ_SECONDS,
            media_write_timeout=MEDIA_SECONDS,
            httpx_kwargs={"verify": authorities()},
        )
    except (ValueError, RuntimeError) as error:
        raise ConfigError(f"telegram.proxy cannot be used: {error}") from error


def _fast_request(settings: TelegramSettings, pool: int) -> BaseRequest:
    try:
        return FastRequest(
            pool,
            proxy=settings.proxy or environment_proxy(settings.api_url),
            connect_timeout=CONNECT_SECONDS,
            pool_timeout=POOL_SECONDS,
            read_timeout=READ_SECONDS,
            media_read_timeout=READ_SECONDS + MEDIA_SECONDS,
        )
    except ValueError as error:
        raise ConfigError(f"telegram.proxy cannot be used: {error}") from error
