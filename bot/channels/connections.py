"""The connections that everything of one process shares: one bot, one pool of mail sessions."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.channels.mailer import Mailer, open_mailer
from bot.config import Settings
from bot.telegram.connection import ShopBot, connect


@dataclass(frozen=True)
class Connections:
    """None: the channel is off."""

    bot: ShopBot | None
    mailer: Mailer | None


@asynccontextmanager
async def open_connections(settings: Settings) -> AsyncIterator[Connections]:
    """The connections of the channels that are on, closed at the end; nothing is said over them yet.

    :raises ConfigError: a setting of theirs cannot be used
    """
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(connect(settings.telegram)) if settings.telegram else None
        mailer = await stack.enter_async_context(open_mailer(settings.email)) if settings.email else None
        yield Connections(bot, mailer)
