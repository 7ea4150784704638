"""`molva send`: as a person and as a program runs it."""

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.loopback.mail_server import MailServer
from storage.database import Database
from storage.models import Delivery
from storage.senders import register_sender
from storage.statuses import DeliveryStatus
from tests.flow.command import molva
from tests.flow.world import NOW, ask_customer

STARTING = 60  # seconds: a program starts in two, and in many more beside others
AS_OF = ("--as-of", NOW.isoformat())
SETTINGS = """
[database]
url = "{url}"
[company]
name = "Лавка"
[email]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "Лавка <ask@shop.test>"
rate_per_second = {rate}
connections = 1
"""


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with MailServer() as server:
        yield server


@pytest.fixture
async def config(database: Database, mail: MailServer, tmp_path: Path) -> Path:
    return write_config(database, mail, tmp_path, rate=100)


def write_config(database: Database, mail: MailServer, folder: Path, rate: int) -> Path:
    path = folder / "config.toml"
    url = database.url.render_as_string(hide_password=False)
    path.write_text(SETTINGS.format(url=url, port=mail.port, rate=rate), encoding="utf-8")
    return path


@asynccontextmanager
async def started(config: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`molva send --drain` in a process of its own, which does not outlive the block."""
    command = ("-m", "bot", "--config", str(config), "send", "--drain", *arguments, *AS_OF)
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def has_letters(mail: MailServer, count: int) -> bool:
    return len(mail.letters) >= count


async def queue(database: Database, count: int) -> None:
    async with database.begin() as connection:
        for number in range(1, count + 1):
            await ask_customer(connection, str(number), channel="email", status=DeliveryStatus.QUEUED)


async def test_it_prints_one_document_of_what_it_did(database: Database, mail: MailServer, config: Path) -> None:
    await queue(database, 3)
    mail.refuse("c2@example.test")
    ran = await molva(config, "send", "--json", *AS_OF)
    assert ran.status == 0
    assert json.loads(ran.output) == {
        "sent": 2, "deferred": 0, "undeliverable": 1, "unknown": 0, "cancelled": 0, "reminded": 0, "requeued": 0,
    }  # fmt: skip
    assert len(mail.letters) == 2


async def test_it_queues_the_reminders_that_are_due(database: Database, mail: MailServer, config: Path) -> None:
    async with database.begin() as connection:
        await ask_customer(connection, channel="email", queued_at=NOW - timedelta(days=5))
    ran = await molva(config, "send", "--json", *AS_OF)
    document = json.loads(ran.output)
    assert (document["reminded"], document["sent"], len(mail.letters)) == (1, 1, 1)
    ran = await molva(config, "send", "--json", *AS_OF)
    assert (json.loads(ran.output)["reminded"], len(mail.letters)) == (0, 1)


async def test_it_prints_a_table_for_people(database: Database, mail: MailServer, config: Path) -> None:
    await queue(database, 1)
    ran = await molva(config, "send", "--drain", *AS_OF)
    assert ran.status == 0
    assert "отправлено" in ran.output
    assert len(mail.letters) == 1


async def test_at_night_everything_waits_for_the_morning(database: Database, mail: MailServer, config: Path) -> None:
    await queue(database, 2)
    ran = await molva(config, "send", "--json", "--as-of", "2026-11-18T22:00")
    assert json.loads(ran.output)["deferred"] == 2
    assert mail.letters == []


async def test_a_second_sender_on_sqlite_is_told_who_is_at_work(
    database: Database, mail: MailServer, config: Path
) -> None:
    await queue(database, 1)
    async with register_sender(database):
        ran = await molva(config, "send", *AS_OF)
    if database.is_sqlite:
        assert (ran.status, mail.letters) == (1, [])
        [line] = ran.stderr.splitlines()
        assert line.startswith(f"molva: из {database.path} уже отправляет другой процесс: с SQLite")
    else:
        assert (ran.status, len(mail.letters)) == (0, 1)


async def test_a_shop_without_channels_is_told_so(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    url = database.url.render_as_string(hide_password=False)
    path.write_text(f'[database]\nurl = "{url}"\n', encoding="utf-8")
    ran = await molva(path, "send", "--json")
    assert ran.status == 0
    assert "no channel is on" in ran.stderr
    assert json.loads(ran.output)["sent"] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
async def test_a_signal_ends_it_without_losing_or_doubling(
    database: Database, mail: MailServer, tmp_path: Path
) -> None:
    await queue(database, 40)
    path = write_config(database, mail, tmp_path, rate=10)
    async with started(path, "--json") as process:
        await mail.wait_for(partial(has_letters, mail, 3), STARTING)
        process.send_signal(signal.SIGTERM)
        printed, _ = await process.communicate()
    assert process.returncode == 0
    async with database.read() as connection:
        statuses = list((await connection.execute(select(Delivery.status))).scalars())
    assert json.loads(printed)["sent"] == len(mail.letters) == statuses.count(DeliveryStatus.SENT)
    assert statuses.count(DeliveryStatus.QUEUED) == 40 - len(mail.letters) > 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_sender_that_was_killed_doubles_nothing(database: Database, mail: MailServer, tmp_path: Path) -> None:
    await queue(database, 30)
    path = write_config(database, mail, tmp_path, rate=50)
    for letters in (5, 12):
        async with started(path):
            await mail.wait_for(partial(has_letters, mail, letters), STARTING)
    ran = await molva(path, "send", "--json", "--drain", *AS_OF)
    unknown = json.loads(ran.output)["unknown"]
    recipients = [letter.rcpt_tos for letter in mail.letters]
    assert len(recipients) == len(set(recipients))
    assert unknown <= 2  # one connection, so one in flight at each kill
    assert 30 - unknown <= len(recipients) <= 30


async def test_a_bar_is_drawn_on_stderr_where_it_is_wanted(database: Database, mail: MailServer, config: Path) -> None:
    await queue(database, 3)
    ran = await molva(config, "send", "--json", "--progress", *AS_OF)
    assert json.loads(ran.output)["sent"] == 3
    assert "отправка" in ran.stderr
    assert "3/3" in ran.stderr
    assert re.search(r"event=batch channel=email .*leased=\d sent=\d .*seconds=", ran.stderr), (
        "in one line, above the bar"
    )
    assert "отправка" not in (await molva(config, "send", *AS_OF)).stderr  # a file is no terminal
