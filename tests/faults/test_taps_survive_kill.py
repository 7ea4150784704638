"""Taps while the whole program is killed again and again: every score is stored once, every customer is thanked."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.channels.settings import TelegramSettings
from bot.channels.telegram_notifier import TelegramNotifier
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from bot.telegram.keyboard import score_keyboard
from scheduler.outbox import MessageKind, tell_due
from storage import inbox
from storage.database import Database
from storage.models import Invitation, OutboxMessage, Response
from storage.statuses import InboxStatus, OutboxStatus
from tests.faults.test_sending_survives_kill import free_port
from tests.flow.conversation import NO_POSTS
from tests.flow.world import COMPANY, POLICY, ask_customer

IN_FLIGHT = 8  # messages told at once: so many may be told twice a kill


@dataclass(frozen=True)
class Trial:
    """How many tap, how often the program is killed meanwhile, and how their taps come in."""

    mode: str
    customers: int
    kills: int

    def __str__(self) -> str:
        return f"{self.customers} taps, {self.kills} kills, {self.mode}"


TRIALS = [
    Trial("polling", 100, 2),
    pytest.param(Trial("polling", 1000, 10), marks=pytest.mark.system),
    pytest.param(Trial("webhook", 1000, 10), marks=pytest.mark.system),
]


@pytest.mark.parametrize("trial", TRIALS, ids=str)
async def test_taps_under_kills_are_neither_lost_nor_doubled(
    database: Database, database_url: str, tmp_path: Path, trial: Trial
) -> None:
    async with BotApiServer() as api:
        api.webhook_pause = 0.05
        tokens = await ask_everybody(database, api, trial.customers)
        taps = list(enumerate(tokens.items()))
        for number in range(trial.kills + 1):
            for index, (chat, token) in taps[number :: trial.kills + 1]:
                api.tap(chat, 1, f"s:{token}:{index % 11}")
            async with program(api, database_url, tmp_path, trial.mode) as process:
                seen = len(api.answered)
                if number < trial.kills:
                    await api.wait_for(lambda: len(api.answered) >= seen + 10, 120)  # noqa: B023  used at once
                    process.kill()
                else:
                    await processed(database, trial.customers)
                    process.terminate()
                    assert await process.wait() in (0, 1 if sys.platform == "win32" else 0)
        await tell_what_dead_processes_held(database, api)
        assert await stored(database) == sorted((token, index % 11) for index, (_, token) in taps)
        await check_messages(database, api, list(tokens), trial.kills)


async def ask_everybody(database: Database, api: BotApiServer, customers: int) -> dict[int, str]:
    """{chat: token} of customers who have their question before them, as message 1."""
    tokens = {}
    async with database.begin() as connection:
        for number in range(1, customers + 1):
            tokens[1000 + number] = (await ask_customer(connection, str(number))).token
    for chat, token in tokens.items():
        keyboard = score_keyboard(token).to_dict()
        api.keep(api.add_user(chat), api.me, is_own=True, text="Готовы ли вы …?", reply_markup=keyboard)
    return tokens


@asynccontextmanager
async def program(
    api: BotApiServer, database_url: str, folder: Path, mode: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`molva run` as a process of its own; dead at the end, however it ended."""
    port = str(free_port())
    settings = {
        "MOLVA_DATABASE__URL": database_url,
        "MOLVA_TELEGRAM__TOKEN": api.token,
        "MOLVA_TELEGRAM__API_URL": api.url,
        "MOLVA_TELEGRAM__MODE": mode,
        "MOLVA_TELEGRAM__RATE_PER_SECOND": "1000",
        "MOLVA_WEB__PORT": port,
        "MOLVA_WEB__PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MOLVA_SURVEY__DAILY_LIMIT": "0",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    with (folder / "run.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", cwd=folder, env={**os.environ, **settings}, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def processed(database: Database, customers: int) -> None:
    """Returns as soon as every tap has taken effect."""
    async with asyncio.timeout(300):
        while True:
            async with database.read() as connection:
                if await inbox.count_updates(connection) == {InboxStatus.DONE: customers}:
                    return
            await asyncio.sleep(0.05)


async def tell_what_dead_processes_held(database: Database, api: BotApiServer) -> None:
    """What a killed process was telling is told again once its lease is over: here, as if that were now."""
    settings = TelegramSettings(token=api.token, api_url=api.url)
    async with connect(settings) as bot:
        notifier = TelegramNotifier(bot, settings, POLICY, COMPANY, NO_POSTS)
        await tell_due(database, {notifier.name: notifier}, datetime.now(UTC) + timedelta(minutes=5))


async def stored(database: Database) -> list[tuple[str, int]]:
    """(token, score) of every response, sorted: one that were there twice would be one too many."""
    async with database.read() as connection:
        rows = await connection.execute(select(Invitation.token, Response.score).join_from(Response, Invitation))
        return sorted((row.token, row.score) for row in rows)


async def check_messages(database: Database, api: BotApiServer, chats: list[int], kills: int) -> None:
    """Each customer has one follow-up and one marked keyboard; told twice is what was in flight at a kill, no more."""
    async with database.read() as connection:
        rows = await connection.execute(
            select(OutboxMessage.kind, OutboxMessage.status, func.count()).group_by(
                OutboxMessage.kind, OutboxMessage.status
            )
        )
        assert {(kind, status): count for kind, status, count in rows} == {
            (MessageKind.FOLLOW_UP, OutboxStatus.SENT): len(chats),
            (MessageKind.CHOICE, OutboxStatus.SENT): len(chats),
        }
    told = Counter(sent.chat_id for sent in api.sent if sent.method == "sendMessage")
    assert set(told) == set(chats)
    assert told.total() - len(chats) <= kills * IN_FLIGHT
    for index, chat in enumerate(chats):
        buttons = [button["text"] for row in api.current_keyboard(chat, 1) for button in row]
        assert f"✓ {index % 11}" in buttons
