"""A shop whose customers wait to be asked, its settings on loopback, and what became of everybody."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from bot.channels.connections import open_connections
from bot.channels.opening import build_channels
from bot.config import Settings, load_settings
from bot.loopback.bot_api import BotApiServer
from bot.loopback.mail_server import MailServer
from bot.loopback.messages import Sent
from bot.shop import channels_on
from scheduler.asking import sending as asking
from scheduler.asking.campaigning import create
from scheduler.asking.forecasting import Shop
from scheduler.asking.starting import start
from scheduler.channel import Channel
from scheduler.intake.listening import Listener
from scheduler.intake.sales import SalesFile, import_sales
from storage.database import Database
from storage.models import Address, Delivery, Rate
from storage.sources.options import ReadOptions
from tests.flow.campaigning import draft
from tests.flow.taking_in import sale, write

FIRST_CHAT = 1000
CAMPAIGN = "everybody"

SETTINGS = """
[database]
url = "{url}"
[company]
name = "Лавка"
timezone = "UTC"
[web]
port = {port}
public_url = "http://127.0.0.1:{shown}"
[survey]
hours = ["00:00", "24:00"]
weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
daily_limit = {daily_limit}
[schedule]
pick = "00:00"
send_every_seconds = 0.2
"""
TELEGRAM = """
[telegram]
token = "{api.token}"
api_url = "{api.url}"
management_chat = {chat}
rate_per_second = {rate}
"""
EMAIL = """
[email]
host = "{mail.host}"
port = {mail.port}
security = "none"
sender = "Лавка <ask@shop.test>"
rate_per_second = {rate}
connections = {connections}
"""


def write_config(
    folder: Path, database: Database, *, api: BotApiServer | None = None, mail: MailServer | None = None,
    rate: float = 500, connections: int = 5, port: int = 0, daily_limit: int = 0, chat: str = '""',
) -> Path:  # fmt: skip
    """A configuration in which everybody can be asked at any time; the daily round takes nobody unless told."""
    url = database.url.render_as_string(hide_password=False)
    text = SETTINGS.format(url=url, port=port, shown=port or 8080, daily_limit=daily_limit)
    text += TELEGRAM.format(api=api, rate=rate, chat=chat) if api else ""
    text += EMAIL.format(mail=mail, rate=rate, connections=connections) if mail else ""
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


@dataclass(frozen=True)
class Run:
    """Sending within the test's process, over real connections, at a moment of the test's own."""

    database: Database
    settings: Settings
    channels: dict[str, Channel]

    async def send(self, now: datetime, *, drain: bool = False) -> asking.Sent:
        """What `molva send` does."""
        settings = self.settings
        return await asking.send_due(self.database, self.channels, settings.survey, settings.company, now, drain=drain)


@asynccontextmanager
async def sending(database: Database, config: Path) -> AsyncIterator[Run]:
    """The channels of a configuration, opened as `molva send` opens them."""
    settings = load_settings(str(config))
    async with open_connections(settings) as connections:
        yield Run(database, settings, build_channels(settings, connections))


async def take_shop_in(database: Database, folder: Path, count: int, now: datetime | None = None) -> None:
    """So many customers by the shop's file, each with a chat, a mailbox and a sale of five days ago."""
    now = now or datetime.now(UTC)
    sold_at = (now - timedelta(days=5)).strftime("%Y-%m-%d %H:%M")
    rows = [
        sale(f"S{n}", str(n), sold_at=sold_at, telegram_id=chat_of(n), email=mailbox_of(n)) for n in range(1, count + 1)
    ]
    file = SalesFile(path=write(folder / "sales.csv", rows), options=ReadOptions())
    counts = await import_sales(database, file, load_settings_of(folder).company, now, Listener())
    assert (counts.sales, counts.customers) == (count, count)


async def start_campaign(
    database: Database, folder: Path, count: int, channel: str, now: datetime | None = None, *, fallback: str = ""
) -> None:
    """Queues the question to everybody of a shop of that size, as `molva campaigns create` and `start` do.

    :param fallback: the channel that takes over where the first one cannot; empty: none does
    """
    now = now or datetime.now(UTC)
    await take_shop_in(database, folder, count, now)
    settings = load_settings_of(folder)
    channels = (channel, fallback) if fallback else (channel,)
    rates = dict.fromkeys(channels, 100.0)
    shop = Shop(policy=settings.survey, company=settings.company, channels=channels_on(settings), rates=rates)
    await create(database, draft(CAMPAIGN, channels=channels), settings.survey, now)
    outlook = await start(database, shop, CAMPAIGN, now)
    assert outlook.queued == count


def load_settings_of(folder: Path) -> Settings:
    """What `write_config` wrote there."""
    return load_settings(str(folder / "config.toml"))


def chat_of(number: int) -> str:
    """The chat of a customer."""
    return str(FIRST_CHAT + number)


def mailbox_of(number: int) -> str:
    """The mailbox of a customer."""
    return f"c{number}@example.test"


def add_chats(api: BotApiServer, count: int) -> None:
    """Everybody has started the bot."""
    for number in range(1, count + 1):
        api.add_user(int(chat_of(number)))


def is_question(sent: Sent) -> bool:
    """What follows an answer is none, though it may have buttons, and neither is the digest."""
    scores = [one for one in sent.buttons if str(one.get("callback_data", "")).startswith("s:")]
    return sent.method == "sendMessage" and bool(scores)


def questions(api: BotApiServer) -> Counter[str]:
    """{chat: questions that Telegram took}."""
    return Counter(str(sent.chat_id) for sent in api.sent if is_question(sent))


def letters(mail: MailServer) -> Counter[str]:
    """{mailbox: letters that the server took}."""
    return Counter(address for letter in mail.letters for address in letter.rcpt_tos)


async def outcomes(database: Database) -> dict[str, str]:
    """{address: how its delivery stands}; nobody has two."""
    found = defaultdict(list)
    async with database.read() as connection:
        statement = select(Address.value, Delivery.status).join_from(Delivery, Address)
        for address, status in await connection.execute(statement):
            found[address].append(str(status))
    assert all(len(statuses) == 1 for statuses in found.values())
    return {address: statuses[0] for address, statuses in found.items()}


async def tally(database: Database) -> Counter[str]:
    """{status: deliveries}."""
    async with database.read() as connection:
        statement = select(Delivery.status, func.count()).group_by(Delivery.status)
        return Counter({str(status): count for status, count in await connection.execute(statement)})


async def pauses(database: Database) -> dict[str, float]:
    """{channel: seconds} of what the other sides have asked to wait."""
    async with database.read() as connection:
        rows = await connection.execute(select(Rate.resource, Rate.paused_until - Rate.paused_at))
        return {resource: round(seconds, 3) for resource, seconds in rows if seconds is not None}
