"""The demo's shop: a database of its own, the sample sales, a Bot API server and a mail server on loopback."""

import csv
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.channels.settings import EmailSettings, TelegramSettings
from bot.config import Settings
from bot.demo.townspeople import Townspeople
from bot.loopback.bot_api import BotApiServer
from bot.loopback.mail_server import MailServer
from bot.web.settings import WebSettings
from scheduler.asking.policy import Policy
from scheduler.company import Company
from scheduler.schedule import DigestSchedule
from storage.database import Database, DatabaseSettings

CHANNEL = -1001  # the managers' channel
MANAGER = "director@example.test"
SEED = 2026


@dataclass(frozen=True)
class Stage:
    """Everything that the play needs."""

    settings: Settings
    database: Database
    api: BotApiServer
    mail: MailServer
    people: Townspeople
    samples: Path


@asynccontextmanager
async def open_stage(folder: Path) -> AsyncIterator[Stage]:
    """A fresh shop in a folder; an earlier demo's database there is replaced."""
    for old in folder.glob("molva.db*"):
        old.unlink()
    async with BotApiServer() as api, MailServer() as mail:
        api.add_channel(CHANNEL, "Молва: директорская")
        settings = _settings(folder, api, mail)
        database = Database(settings.database.url)
        try:
            await database.upgrade()
            people = Townspeople(api, mail, SEED)
            samples = find_samples()
            people.settle(_languages(samples / "customers.csv"))
            yield Stage(settings, database, api, mail, people, samples)
        finally:
            await database.close()


def find_samples() -> Path:
    """The folder of the sample files: in a checkout, or as they were installed."""
    here = Path(__file__).resolve()
    places = (here.parent / "examples", here.parents[2] / "examples")
    return next(place for place in places if (place / "sales.csv").is_file())


def _settings(folder: Path, api: BotApiServer, mail: MailServer) -> Settings:
    port = _free_port()
    return Settings(
        database=DatabaseSettings(url=f"sqlite+aiosqlite:///{(folder / 'molva.db').as_posix()}"),
        company=Company(name="Чайная лавка «Молва»", address="Москва, Садовая ул., 1"),
        telegram=TelegramSettings(
            token=api.token, api_url=api.url, management_chat=CHANNEL, rate_per_second=400, allow_paid_broadcast=False
        ),
        email=EmailSettings(
            host=mail.host,
            port=mail.port,
            security="none",
            sender="Чайная лавка <shop@example.test>",
            rate_per_second=400,
        ),
        web=WebSettings(port=port, public_url=f"http://127.0.0.1:{port}"),
        survey=Policy(daily_limit=1000, seed=SEED),
        digest=DigestSchedule(email_to=(MANAGER,)),
    )


def _languages(customers: Path) -> dict[str, str]:
    """{chat or address: language} of the sample's customers."""
    found = {}
    with customers.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for address in (row["telegram_id"], row["email"]):
                if address:
                    found[address] = row["language"] or "ru"
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
