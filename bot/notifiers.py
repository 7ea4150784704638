"""Whom to tell and by which channel: the notifiers of the channels that are on, and the digest's targets."""

from collections.abc import Mapping
from email.utils import parseaddr
from functools import partial
from typing import Any

from bot.channels.case_messages import CardPost, FilePost, NoticePost
from bot.channels.connections import Connections
from bot.channels.email_notifier import EmailNotifier
from bot.channels.telegram_notifier import DigestPost, Posts, TelegramNotifier
from bot.config import Settings
from bot.letters.return_address import return_addresses
from bot.reports.rendering import Rendered, render_message
from bot.telegram import CHANNEL as TELEGRAM
from bot.telegram.digest_buttons import DigestSubject, digest_buttons
from bot.telegram.moves import ChatMoves
from bot.telegram.posting import render_case, render_file, render_notice
from scheduler.channel import Notifier
from scheduler.digesting import Target
from scheduler.figures.periods import Week
from storage.database import Database

EMAIL = EmailNotifier.name


def digest_targets(settings: Settings) -> list[Target]:
    """Everybody whom the settings want to hear the digest, on channels that are on."""
    targets = []
    if settings.telegram and str(settings.telegram.management_chat).strip():
        targets.append(Target(TELEGRAM, str(settings.telegram.management_chat).strip()))
    if settings.telegram:
        stores = settings.digest.store_chats.items()
        targets += [Target(TELEGRAM, str(chat).strip(), store) for store, chat in stores]
    if settings.email:
        targets += [
            Target(EMAIL, address) for written in settings.digest.email_to if (address := parseaddr(written)[1])
        ]
    return targets


def build_notifiers(database: Database, settings: Settings, connections: Connections) -> dict[str, Notifier]:
    """The notifiers by the name of their channel; one whose section is absent is off."""

    async def render(payload: Mapping[str, Any]) -> Rendered:
        return await render_message(database, settings.company, payload)

    async def render_post(payload: Mapping[str, Any]) -> DigestPost:
        rendered = await render(payload)
        subject = DigestSubject(Week.parse(payload["week"]), payload.get("store"))
        buttons = partial(digest_buttons, subject, settings.company.language)
        return DigestPost(caption=rendered.caption, text=rendered.markup, picture=rendered.png, buttons=buttons)

    async def render_card(payload: Mapping[str, Any], chat: str) -> CardPost:
        return await render_case(database, settings.company, payload, chat, settings.survey)

    async def render_news(payload: Mapping[str, Any], chat: str) -> NoticePost:
        return await render_notice(database, settings.company, payload, chat)

    async def render_found(payload: Mapping[str, Any], chat: str) -> FilePost:
        return await render_file(database, settings.company, payload, chat)

    posts = Posts(digest=render_post, case=render_card, notice=render_news, file=render_found)
    notifiers: list[Notifier] = []
    if settings.telegram and connections.bot:
        telegram = TelegramNotifier(
            connections.bot, settings.telegram, settings.survey, settings.company, posts,
            moves=ChatMoves(database, connections.bot),
        )  # fmt: skip
        notifiers.append(telegram)
    if settings.email and connections.mailer:
        returns = return_addresses(settings.mailbox)
        letters = EmailNotifier(connections.mailer, settings.email, render, company=settings.company, returns=returns)
        notifiers.append(letters)
    return {notifier.name: notifier for notifier in notifiers}
