"""Whom to tell and by which channel: the notifiers of the channels that are on, and the digest's targets."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from email.utils import parseaddr
from typing import Any

from bot.channels.email_notifier import EmailNotifier
from bot.channels.mailer import open_mailer
from bot.channels.telegram import DigestPost, TelegramNotifier
from bot.config import Settings
from bot.reports.rendering import render_message
from bot.telegram import CHANNEL as TELEGRAM
from bot.telegram.connection import connect
from scheduler.channel import Notifier
from scheduler.digesting import Target
from storage.database import Database

EMAIL = EmailNotifier.name


def digest_targets(settings: Settings) -> list[Target]:
    """Everybody whom the settings want to hear the digest, on channels that are on."""
    targets = []
    if settings.telegram and str(settings.telegram.management_chat).strip():
        targets.append(Target(TELEGRAM, str(settings.telegram.management_chat).strip()))
    if settings.email:
        targets += [
            Target(EMAIL, address) for written in settings.digest.email_to if (address := parseaddr(written)[1])
        ]
    return targets


@asynccontextmanager
async def open_notifiers(database: Database, settings: Settings) -> AsyncIterator[dict[str, Notifier]]:
    """The notifiers by the name of their channel, closed at the end."""
    notifiers: dict[str, Notifier] = {}
    async with AsyncExitStack() as stack:
        if settings.telegram:
            bot = await stack.enter_async_context(connect(settings.telegram))

            async def render(payload: Mapping[str, Any]) -> DigestPost:
                rendered = await render_message(database, settings.company, payload)
                return DigestPost(caption=rendered.caption, text=rendered.markup, picture=rendered.png)

            notifiers[TELEGRAM] = TelegramNotifier(bot, settings.survey, settings.company, render)
        if settings.email:
            mailer = await stack.enter_async_context(open_mailer(settings.email))
            notifiers[EMAIL] = EmailNotifier(
                mailer, settings.email, lambda payload: render_message(database, settings.company, payload)
            )
        yield notifiers
