"""Everything that a run needs, tried one by one: what is well, what isn't, and what to do about it."""

import asyncio
import json
import socket
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus

import aiosmtplib
from telegram.error import InvalidToken, TelegramError

from bot.channels.settings import EmailSettings, TelegramSettings
from bot.chat_checks import check_chats
from bot.config import Settings
from bot.database_checks import check_database
from bot.mail_checks import check_mail_domain, check_mailbox
from bot.telegram.connection import ShopBot, connect, describe
from bot.texts import Translator, translator
from bot.web.settings import WebSettings

POLITE_RATE = 30  # messages a second that Telegram takes without being paid


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing tried."""

    name: str
    ok: bool
    detail: str  # what was found, and what to do where it isn't well


async def run_checks(settings: Settings, path: str) -> AsyncIterator[Check]:
    """Tries everything in turn; the first is that the settings could be read at all.

    :param path: of the configuration, to be named
    """
    _ = translator(settings.company.language)
    yield Check(name="settings", ok=True, detail=_("{path} can be used").format(path=path))
    yield _check_channels(settings, _)
    if settings.telegram:
        async with connect(settings.telegram) as bot:
            yield await _check_bot(bot, settings.telegram, _)
            async for name, ok, detail in check_chats(bot, settings, _):
                yield Check(name=name, ok=ok, detail=detail)
    if settings.email:
        yield await _check_smtp(settings.email, _)
        ok, detail = await check_mailbox(settings.mailbox, settings.email, _)
        yield Check(name="mailbox", ok=ok, detail=detail)
        ok, detail = await check_mail_domain(settings.email, settings.mailbox, _)
        yield Check(name="mail_domain", ok=ok, detail=detail)
    yield _check_digest(settings, _)
    yield await _check_web(settings.web, bool(settings.email), _)
    async for name, ok, detail in check_database(settings, _):
        yield Check(name=name, ok=ok, detail=detail)


def _check_channels(settings: Settings, _: Translator) -> Check:
    present = {"telegram": settings.telegram, "email": settings.email}
    on = [name for name in settings.survey.channels if present[name]]
    if not on:
        advice = _("no channel is on: nobody can be asked. Fill in [telegram] or [email]")
        return Check(name="channels", ok=False, detail=advice)
    off = [name for name in settings.survey.channels if not present[name]]
    said = _("on: {channels}").format(channels=", ".join(on))
    return Check(
        name="channels", ok=True, detail=said + (_("; off: {channels}").format(channels=", ".join(off)) if off else "")
    )


async def _check_bot(bot: ShopBot, settings: TelegramSettings, _: Translator) -> Check:
    try:
        me = await bot.get_me()
    except InvalidToken:
        advice = _("the Bot API refuses the token: copy it again from @BotFather into telegram.token")
        return Check(name="telegram", ok=False, detail=advice)
    except TelegramError as error:
        advice = _("{url} does not answer ({error}): check telegram.api_url and telegram.proxy")
        detail = advice.format(url=settings.api_url, error=describe(error, bot))
        return Check(name="telegram", ok=False, detail=detail)
    detail = f"@{me.username}"
    if settings.rate_per_second > POLITE_RATE and not settings.allow_paid_broadcast:
        detail += _("; rate_per_second is above {rate}: Telegram will answer 429 without allow_paid_broadcast").format(
            rate=POLITE_RATE
        )
    return Check(name="telegram", ok=True, detail=detail)


async def _check_smtp(settings: EmailSettings, _: Translator) -> Check:
    where = f"{settings.host}:{settings.port}"
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        use_tls=settings.security == "tls",
        start_tls=settings.security == "starttls",
        timeout=10,
    )
    try:
        async with client:
            if settings.username:
                await client.login(settings.username, settings.password)
    except aiosmtplib.SMTPAuthenticationError as error:
        advice = _("{where} refuses the login ({code}): check email.username and email.password")
        return Check(name="email", ok=False, detail=advice.format(where=where, code=error.code))
    except (aiosmtplib.SMTPException, OSError) as error:
        advice = _("{where} cannot be used ({error}): check email.host, email.port and email.security")
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            advice = _(
                "{where} shows a certificate that is not trusted ({error}): have it mended, or name the file of your"
                " own authority's certificate in the environment as SSL_CERT_FILE"
            )
        return Check(name="email", ok=False, detail=advice.format(where=where, error=error))
    return Check(name="email", ok=True, detail=where)


def _check_digest(settings: Settings, _: Translator) -> Check:
    targets = (
        [str(settings.telegram.management_chat)] if settings.telegram and settings.telegram.management_chat else []
    )
    targets += settings.digest.email_to if settings.email else []
    if not targets:
        advice = _("nobody gets the digest: set telegram.management_chat or digest.email_to")
        return Check(name="digest", ok=False, detail=advice)
    return Check(name="digest", ok=True, detail=", ".join(targets))


async def _check_web(web: WebSettings, has_letters: bool, _: Translator) -> Check:
    well, found = await asyncio.to_thread(_probe_web, web, _)
    if has_letters and not web.base.startswith("https://"):
        found += _("; public_url is not https: letters go without one-click unsubscribing (RFC 8058)")
    return Check(name="public_url", ok=well, detail=f"{web.base}: {found}")


def _has_our_health(address: str) -> bool:
    """Whether the health page there is Molva's, whatever it tells."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(json.load(answer)["parts"])
    except urllib.error.HTTPError as error:
        return error.code == HTTPStatus.SERVICE_UNAVAILABLE and bool(json.load(error)["parts"])


def _probe_web(web: WebSettings, _: Translator) -> tuple[bool, str]:
    try:
        if _has_our_health(f"{web.base}/healthz"):
            return True, _("the pages answer")
    except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError):
        pass
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    try:
        with socket.create_server((web.host, web.port), family=family):
            return True, _("nothing answers yet; `molva run` will serve {host}:{port}").format(
                host=web.host, port=web.port
            )
    except OSError as error:
        advice = _("no pages of Molva answer there, and {host}:{port} cannot be served ({error}): change web.port")
        return False, advice.format(host=web.host, port=web.port, error=error.strerror or error)
