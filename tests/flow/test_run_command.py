"""`molva run` as a process: it works by the clock, stops cleanly, and lets nobody else send from its SQLite file."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.loopback.bot_api import BotApiServer
from storage.database import Database
from storage.models import Response
from storage.statuses import DeliveryStatus
from tests.flow.command import molva
from tests.flow.world import ask_customer


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    async with BotApiServer() as server:
        server.add_user(1001)
        server.add_user(1002)
        yield server


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def config(tmp_path: Path, database_url: str, api: BotApiServer, port: int) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        f"""
        [database]
        url = "{database_url}"
        [telegram]
        token = "{api.token}"
        api_url = "{api.url}"
        [web]
        port = {port}
        public_url = "http://127.0.0.1:{port}"
        [survey]
        hours = ["00:00", "24:00"]
        weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        [schedule]
        send_every_seconds = 0.5
        """,
        encoding="utf-8",
    )
    return path


@contextlib.asynccontextmanager
async def running(config: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """The program, answering; killed at the end where the test did not stop it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "--config", str(config), "run",
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(30):
            while await asyncio.to_thread(health, port) != "ok":
                assert process.returncode is None
                await asyncio.sleep(0.1)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def health(port: int) -> str | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            status: str = json.load(answer)["status"]
            return status
    except urllib.error.HTTPError as refusal:
        with refusal:
            return None
    except OSError:
        return None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_sends_and_reminds_by_the_clock_takes_the_tap_and_stops_with_0(
    config: Path, database: Database, api: BotApiServer, port: int, number: signal.Signals
) -> None:
    now = datetime.now(UTC)
    async with database.begin() as connection:
        await ask_customer(connection, status=DeliveryStatus.QUEUED, queued_at=now - timedelta(minutes=1))
        await ask_customer(connection, "2", queued_at=now - timedelta(days=6))
    async with running(config, port) as process:
        await api.wait_for(lambda: len(api.sent) >= 2, 20)
        question, reminder = sorted(api.sent, key=lambda sent: sent.chat_id)
        assert "Несколько дней назад" in (reminder.text or "")
        api.tap(question.chat_id, question.message_id, question.buttons[8]["callback_data"])
        await api.wait_for(lambda: len(api.sent) >= 4, 20)
        process.send_signal(number)
        async with asyncio.timeout(25):
            _, log = await process.communicate()
    assert process.returncode == 0, log.decode()
    assert api.token not in log.decode()
    assert "Traceback" not in log.decode()
    async with database.read() as connection:
        assert (await connection.execute(select(Response.score))).scalars().all() == [8]


async def test_a_second_sender_on_sqlite_is_refused(config: Path, database: Database, port: int) -> None:
    async with running(config, port):
        second = await molva(config, "send", "--json")
    if database.is_sqlite:
        assert (second.status, second.stdout) == (1, b"")
        assert "уже отправляет другой процесс" in second.stderr
        assert second.stderr.count("\n") == 1
    else:
        assert second.status == 0


async def test_a_port_that_is_taken_is_told_in_one_line(config: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "--config", str(config), "run",
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(30):
            _, log = await process.communicate()
    assert process.returncode == 1
    assert "change web.port" in log.decode()
    assert "Traceback" not in log.decode()
