"""Opening the channels that the configuration switches on."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bot.channels.email import EmailChannel
from bot.channels.mailer import open_mailer
from bot.channels.telegram import TelegramChannel
from bot.config import Settings
from bot.telegram.connection import connect
from scheduler.channel import Channel


@asynccontextmanager
async def open_channels(settings: Settings) -> AsyncIterator[dict[str, Channel]]:
    """The channels by name, their connections closed at the end; a channel whose section is absent is off.

    :raises ConfigError: a setting of theirs cannot be used
    """
    policy, company = settings.survey, settings.company
    channels: dict[str, Channel] = {}
    async with AsyncExitStack() as stack:
        if settings.telegram:
            bot = await stack.enter_async_context(connect(settings.telegram))
            telegram = TelegramChannel(bot, settings.telegram, policy, company)
            channels[telegram.name] = telegram
        if settings.email:
            mailer = await stack.enter_async_context(open_mailer(settings.email))
            letters = EmailChannel(mailer, settings.email, policy, company, base=settings.web.base)
            channels[letters.name] = letters
        yield channels
