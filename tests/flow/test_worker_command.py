"""`molva worker`: it sends by the clock, beside others on PostgreSQL, and stops cleanly."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.loopback.bot_api import BotApiServer
from storage.database import Database
from storage.models import ClaimedPeriod, Sender
from storage.senders import register_sender
from storage.statuses import DeliveryStatus
from tests.flow.command import molva
from tests.flow.world import ask_customer

CHATS = range(1001, 1021)
SETTINGS = """
[database]
url = "{url}"
[telegram]
token = "{api.token}"
api_url = "{api.url}"
rate_per_second = 100
management_chat = 1001
[survey]
hours = ["00:00", "24:00"]
weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
[schedule]
send_every_seconds = 0.2
"""


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    async with BotApiServer() as server:
        for chat in CHATS:
            server.add_user(chat)
        yield server


@pytest.fixture
def config(tmp_path: Path, database_url: str, api: BotApiServer) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(SETTINGS.format(url=database_url, api=api), encoding="utf-8")
    return path


@asynccontextmanager
async def worker(config: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker's process; killed at the end where the test did not stop it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "--config", str(config), "worker",
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(30):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def stop(process: asyncio.subprocess.Process, number: signal.Signals) -> str:
    """Its log, once it has ended by itself with 0."""
    process.send_signal(number)
    _, log = await process.communicate()
    assert process.returncode == 0, log.decode()
    return log.decode()


async def is_registered(database: Database, count: int = 1) -> None:
    """Returns as soon as so many senders are there."""
    while True:
        async with database.read() as connection:
            if (await connection.execute(select(func.count()).select_from(Sender))).scalar_one() >= count:
                return
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_sends_and_does_nothing_else_and_stops_with_0(
    config: Path, database: Database, api: BotApiServer, number: signal.Signals
) -> None:
    async with database.begin() as connection:
        await ask_customer(connection, status=DeliveryStatus.QUEUED)
    async with worker(config) as process:
        await api.wait_for(lambda: len(api.sent) >= 1, 20)
        log = await stop(process, number)
    assert "Traceback" not in log
    assert len(api.sent) == 1
    assert set(api.calls) <= {"sendMessage", "getMe"}  # no updates are fetched
    async with database.read() as connection:
        periods = set((await connection.execute(select(ClaimedPeriod.job))).scalars())
    assert periods <= {"clearing"}, "no round, no digest: only what sending itself does now and then"


async def test_two_on_postgresql_share_the_work_and_ask_nobody_twice(
    config: Path, database: Database, api: BotApiServer
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one sender")
    async with worker(config) as first, worker(config) as second:
        await is_registered(database, 2)
        async with database.begin() as connection:
            for chat in CHATS:
                await ask_customer(connection, str(chat - 1000), status=DeliveryStatus.QUEUED)
        await api.wait_for(lambda: len(api.sent) >= len(CHATS), 20)
        for process in (first, second):
            await stop(process, signal.SIGTERM)
    assert Counter(sent.chat_id for sent in api.sent) == Counter(CHATS)


async def test_on_sqlite_a_second_sender_is_refused(config: Path, database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL has any number of senders")
    async with register_sender(database):
        refused = await molva(config, "worker")
    assert refused.status == 1
    assert "уже отправляет другой процесс" in refused.stderr
    assert "PostgreSQL" in refused.stderr


async def test_without_a_channel_there_is_nothing_to_do(tmp_path: Path, database_url: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[database]\nurl = "{database_url}"\n', encoding="utf-8")
    refused = await molva(path, "worker")
    assert refused.status == 2
    assert "fill in [telegram] or [email]" in refused.stderr
