"""What types alone don't tell about settings: ranges, names and addresses that make sense."""

import re
from collections.abc import Iterator
from datetime import time
from email.utils import parseaddr
from ipaddress import ip_network
from typing import Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.numbers import is_currency

from bot.channels.settings import EmailSettings, MailboxSettings, TelegramSettings
from bot.letters.return_address import LOCAL_LIMIT
from bot.letters.settings import LetterSettings
from bot.web.limiting import read_limits
from bot.web.settings import WebSettings
from scheduler.asking.campaigning import LONGEST_QUESTION
from scheduler.asking.policy import WEEKDAYS, Policy
from scheduler.asking.reasons import problems_of
from scheduler.asking.reviews import problems_of_reviews
from scheduler.case_rules import CaseRules
from scheduler.company import Company
from scheduler.schedule import DigestSchedule, Schedule

CHANNELS = ("telegram", "email")
GROUPINGS = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}  # among CLDR's territories, and no countries
COUNTRIES = {code for code in map(str, Locale("en").territories) if len(code) == 2} - GROUPINGS
LANGUAGES = ("ru", "en")
ORIGIN = re.compile(r"https?://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(:\d{1,5})?")
OWN_ADDRESS = re.compile(rf"[A-Za-z0-9._-]{{1,{LOCAL_LIMIT}}}@[^\s@<>\"(),:;]+")


class Checked(Protocol):
    """The sections that are looked at."""

    @property
    def company(self) -> Company: ...
    @property
    def telegram(self) -> TelegramSettings | None: ...
    @property
    def email(self) -> EmailSettings | None: ...
    @property
    def letters(self) -> LetterSettings: ...
    @property
    def mailbox(self) -> MailboxSettings | None: ...
    @property
    def web(self) -> WebSettings: ...
    @property
    def survey(self) -> Policy: ...
    @property
    def cases(self) -> CaseRules: ...
    @property
    def digest(self) -> DigestSchedule: ...
    @property
    def schedule(self) -> Schedule: ...


def problems(settings: Checked) -> Iterator[tuple[str, str]]:
    """(key, what is wrong and what to do), one by one."""
    yield from _company(settings.company)
    if settings.telegram:
        yield from _telegram(settings.telegram)
        yield from _webhook(settings.telegram, settings.web)
    if settings.email:
        yield from _email(settings.email)
    for key, wrong in settings.letters.problems(LANGUAGES):
        yield f"letters.{key}", wrong
    if settings.mailbox:
        yield from _mailbox(settings.mailbox)
    yield from _web(settings.web)
    yield from _survey(settings.survey)
    for key, wrong in settings.cases.problems(settings.survey):
        yield f"cases.{key}", wrong
    yield from _times(settings.digest, settings.schedule)


def _company(company: Company) -> Iterator[tuple[str, str]]:
    try:
        ZoneInfo(company.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield "company.timezone", f"{company.timezone!r} is no time zone: write a name such as Europe/Moscow"
    if company.language not in LANGUAGES:
        yield "company.language", f"{company.language!r} is not spoken here: {' or '.join(LANGUAGES)}"
    if company.country not in COUNTRIES:
        yield "company.country", f"{company.country!r} is no country: write two letters such as RU"
    if not is_currency(company.currency):
        yield "company.currency", f"{company.currency!r} is no currency: write three letters such as RUB"


def _telegram(telegram: TelegramSettings) -> Iterator[tuple[str, str]]:
    if not telegram.token.strip():
        yield "telegram.token", "is empty: take one from @BotFather, or remove the section to switch Telegram off"
    if urlsplit(telegram.api_url).scheme not in ("http", "https"):
        yield "telegram.api_url", f"{telegram.api_url!r} must begin with https:// or http://"
    if telegram.proxy and not _is_proxy(telegram.proxy):
        yield (
            "telegram.proxy",
            "is no proxy: write http://proxy:3128 or socks5://proxy:1080, with name:password@ at need",
        )
    if telegram.rate_per_second <= 0:
        yield "telegram.rate_per_second", f"{telegram.rate_per_second} must be above zero"
    for key, wrong in telegram.case_problems():
        yield f"telegram.{key}", wrong


def _is_proxy(proxy: str) -> bool:
    try:
        parts = urlsplit(proxy)
    except ValueError:
        return False
    return parts.scheme in ("http", "https", "socks5", "socks5h") and bool(parts.hostname)


def _webhook(telegram: TelegramSettings, web: WebSettings) -> Iterator[tuple[str, str]]:
    # A Bot API server of one's own, named by its address, takes http too.
    is_telegrams_own = urlsplit(telegram.api_url).hostname == "api.telegram.org"
    if telegram.mode == "webhook" and is_telegrams_own and urlsplit(web.public_url).scheme != "https":
        yield "telegram.mode", f"webhook needs web.public_url ({web.public_url}) to be https; or say polling"


def _email(email: EmailSettings) -> Iterator[tuple[str, str]]:
    for key, value in (("sender", email.sender), ("reply_to", email.reply_to)):
        if (value or key == "sender") and "@" not in parseaddr(value)[1]:
            yield f"email.{key}", f"{value!r} has no address: write Name <shop@example.com>"
        if not value.isprintable():
            yield f"email.{key}", f"{value!r} must be one line: write Name <shop@example.com>"
    if not email.host.strip():
        yield "email.host", "is empty: name your mail server, or remove the section to switch e-mail off"
    if not 0 < email.port < 65536:
        yield "email.port", f"{email.port} is no port"
    for key in ("rate_per_second", "connections", "letters_per_connection"):
        if getattr(email, key) <= 0:
            yield f"email.{key}", f"{getattr(email, key)} must be above zero"


def _mailbox(mailbox: MailboxSettings) -> Iterator[tuple[str, str]]:
    for key in ("host", "username", "folder"):
        value = getattr(mailbox, key)
        if not value.strip() or not value.isprintable():
            yield f"mailbox.{key}", f"{value!r} cannot be it: name it, or remove the section to read no mailbox"
    if not 0 < mailbox.port < 65536:
        yield "mailbox.port", f"{mailbox.port} is no port"
    if mailbox.poll_seconds < 1:
        yield "mailbox.poll_seconds", f"{mailbox.poll_seconds} must be at least 1"
    if len(mailbox.delimiter) > 1 or not (mailbox.delimiter or "+").isascii() or mailbox.delimiter.isalnum():
        yield "mailbox.delimiter", f"{mailbox.delimiter!r} must be one sign such as +, or empty"
    if mailbox.address and not OWN_ADDRESS.fullmatch(mailbox.address):
        yield (
            "mailbox.address",
            (
                f"{mailbox.address!r} must be a bare address such as answers@example.com,"
                f" at most {LOCAL_LIMIT} signs before its @"
            ),
        )


def _web(web: WebSettings) -> Iterator[tuple[str, str]]:
    if not _is_public(web.public_url):
        shown = "its value" if "@" in web.public_url else repr(web.public_url)  # which may hold a password
        yield "web.public_url", f"{shown} must look like https://nps.example.com or https://example.com/nps, no more"
    if not 0 <= web.port < 65536:
        yield "web.port", f"{web.port} is no port"
    for proxy in web.trusted_proxies:
        if proxy != "*" and not _is_network(proxy):
            yield "web.trusted_proxies", f"{proxy!r} is no address: write 10.0.0.5, a network such as 10.0.0.0/8, or *"
    for origin in web.site_origins:
        if not ORIGIN.fullmatch(origin):
            yield "web.site_origins", f"{origin!r} is no origin: write https://shop.example.com, in lower case, no path"
    for key in ("address_limit", "token_limit", "counter_limit"):
        try:
            read_limits(getattr(web, key))
        except ValueError:
            yield f"web.{key}", f'{getattr(web, key)!r} is no limit: write "600/minute", "20/second; 600/minute" or ""'


def _is_public(url: str) -> bool:
    """http or https, a host, perhaps a port and a path: links are made by putting more behind it."""
    try:
        parts = urlsplit(url)
        is_plain = not (parts.query or parts.fragment or "@" in parts.netloc or set("?#") & set(url))
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and is_plain
    except ValueError:  # a port or an IPv6 address that is none
        return False


def _is_network(said: str) -> bool:
    try:
        ip_network(said)
    except ValueError:
        return False
    return True


def _survey(survey: Policy) -> Iterator[tuple[str, str]]:
    for key, wrong in survey.problems():
        yield f"survey.{key}", wrong
    for channel in survey.channels:
        if channel not in CHANNELS:
            yield "survey.channels", f"{channel!r} is no channel: {', '.join(CHANNELS)}"
    for language, words in survey.question.items():
        if language not in LANGUAGES:
            yield f"survey.question.{language}", f"is not spoken here: {' or '.join(LANGUAGES)}"
        if not words.strip():
            yield f"survey.question.{language}", "is empty: write the question, or remove the line for the usual one"
        if len(words) > LONGEST_QUESTION:
            yield f"survey.question.{language}", f"has {len(words)} characters: {LONGEST_QUESTION} at the most"
    for wrong in problems_of_reviews(survey.reviews, LANGUAGES):
        yield "survey.reviews", wrong
    for key, wrong in survey.second.problems():
        yield f"survey.second.{key}", wrong
    for key, wrong in problems_of(survey.reasons, LANGUAGES):
        yield f"survey.reasons.{key}", wrong


def _times(digest: DigestSchedule, schedule: Schedule) -> Iterator[tuple[str, str]]:
    if digest.weekday not in WEEKDAYS:
        yield "digest.weekday", f"{digest.weekday!r} is none of {', '.join(WEEKDAYS)}"
    for key, value in (("digest.time", digest.time), ("schedule.pick", schedule.pick)):
        try:
            time.fromisoformat(value)
        except ValueError:
            yield key, f"{value!r} is no time of day: write 09:00"
    if schedule.send_every_seconds <= 0:
        yield "schedule.send_every_seconds", f"{schedule.send_every_seconds} must be above zero"
    for store, chat in digest.store_chats.items():
        if not store.strip() or not str(chat).strip():
            yield "digest.store_chats", f'{store!r} = {chat!r} must name a store and its chat: "Main street" = "-100…"'
    for address in digest.email_to:
        if "@" not in parseaddr(address)[1]:
            yield "digest.email_to", f"{address!r} is no address"
