"""Everything paused and resumed: in every process, for what was leased too; answers are taken as always."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.pulse import Pulse
from bot.telegram.connection import connect
from bot.telegram.processing import TelegramInbox
from bot.telegram.staff import Staff
from scheduler.asking.pausing import pause_everything, resume_everything
from scheduler.asking.picking import pick
from scheduler.asking.sending import send_due
from scheduler.channel import Question
from scheduler.clock import Clock
from storage.database import Database
from storage.statuses import DeliveryStatus
from tests.flow.campaigning import CHANNELS, fill
from tests.flow.channels import ListChannel
from tests.flow.command import molva
from tests.flow.conversation import Conversation
from tests.flow.world import COMPANY, NOW, POLICY, ask_customer

BOSS, OLGA = 70, 71


async def add_questions(database: Database, count: int) -> None:
    async with database.begin() as connection:
        for number in range(1, count + 1):
            await ask_customer(connection, str(number), status=DeliveryStatus.QUEUED)


async def turn_off(database: Database) -> None:
    async with database.begin() as connection:
        await pause_everything(connection, "Ольга", NOW)


async def turn_on(database: Database) -> None:
    async with database.begin() as connection:
        await resume_everything(connection)


async def test_no_question_goes_out_until_everything_is_resumed(database: Database) -> None:
    await add_questions(database, 3)
    channel = ListChannel()
    await turn_off(database)
    told = await send_due(database, {channel.name: channel}, POLICY, COMPANY, NOW, drain=True)
    assert (told.sent, channel.asked) == (0, [])
    await turn_on(database)
    told = await send_due(database, {channel.name: channel}, POLICY, COMPANY, NOW)
    assert told.sent == 3


async def test_what_was_leased_already_does_not_go_out_either(database: Database) -> None:
    await add_questions(database, 60)

    async def pause_at_the_first(question: Question) -> None:
        if len(channel.asked) == 1:
            await turn_off(database)

    channel = ListChannel(rate_per_second=40, concurrency=2, reaction=pause_at_the_first)
    told = await send_due(database, {channel.name: channel}, POLICY, COMPANY, NOW)
    assert 1 <= told.sent <= 12, "those that were marked when it was turned"
    await turn_on(database)
    quick = replace(channel, rate_per_second=500, reaction=None)
    rest = await send_due(database, {channel.name: quick}, POLICY, COMPANY, NOW, drain=True)
    assert told.sent + rest.sent == 60
    assert len(set(channel.addresses)) == len(channel.addresses) == 60


async def test_the_daily_round_rests_so_that_no_flood_follows(database: Database) -> None:
    await fill(database, 3)
    await turn_off(database)
    picked = await pick(database, POLICY, COMPANY, CHANNELS, NOW)
    assert (picked.picked, dict(picked.skipped)) == (0, {"paused": 3})
    await turn_on(database)
    assert (await pick(database, POLICY, COMPANY, CHANNELS, NOW)).picked == 3


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        for user, name in ((BOSS, "Хозяин"), (OLGA, "Ольга"), (1001, "Анна")):
            api.add_user(user, name)
        talk = Conversation(database, api, bot)
        staff = Staff(admins=frozenset({BOSS}), managers=frozenset({OLGA}))
        talk.inbox = TelegramInbox(database, bot, POLICY, COMPANY, staff)
        yield talk


async def test_an_admin_pauses_and_resumes_in_the_chat_on_one_message(talk: Conversation) -> None:
    talk.api.write(BOSS, "/pause")
    await talk.settle()
    message = talk.api.messages(BOSS)[-1]
    assert (message.text or "").startswith("Все вопросы приостановлены: 18 нояб., 15:00, Хозяин.")
    [[button]] = talk.api.current_keyboard(BOSS, message.message_id)
    assert button["text"] == "Возобновить вопросы"
    for _ in range(2):  # twice: it stands as it stood
        talk.api.tap(BOSS, message.message_id, button["callback_data"])
        await talk.settle()
    assert talk.texts(BOSS) == ["Вопросы отправляются как обычно."]
    [[button]] = talk.api.current_keyboard(BOSS, message.message_id)
    assert button["text"] == "Приостановить все вопросы"


async def test_nobody_else_turns_the_switch(talk: Conversation, database: Database) -> None:
    talk.api.write(BOSS, "/pause")
    talk.api.write(OLGA, "/resume")
    talk.api.write(1001, "/resume")
    await talk.settle()
    message = talk.api.messages(BOSS)[-1].message_id
    for user in (OLGA, 1001):
        talk.api.tap(user, 1, "p:off")
    talk.api.tap(BOSS, message, "p:everything")
    await talk.settle()
    assert sorted(one.text or "" for one in talk.api.answered) == [  # chats are answered side by side
        "Эта кнопка больше не работает.", "Это могут только администраторы.", "Это могут только администраторы.",
    ]  # fmt: skip
    channel = ListChannel()
    await add_questions(database, 1)
    assert (await send_due(database, {channel.name: channel}, POLICY, COMPANY, NOW)).sent == 0


async def test_answers_are_taken_while_everything_is_paused(talk: Conversation, database: Database) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection)
    message = await talk.ask(asked.token)
    await turn_off(database)
    talk.api.tap(1001, message.message_id, f"s:{asked.token}:9")
    await talk.settle()
    assert talk.api.answered[-1].text == "Спасибо! Ваша оценка: 9"


async def test_the_status_tells_of_the_pause_and_of_the_clock(talk: Conversation, database: Database) -> None:
    pulse, clock = Pulse(database), Clock(COMPANY.zone)

    async def fail() -> None:
        raise ValueError("no")

    clock.every(3600, "send", pulse.watch("send", lambda: asyncio.sleep(0)))
    clock.daily("09:30", "pick", pulse.watch("pick", fail))
    pulse.keep_time(clock.next_runs)
    await pulse.watch("send", lambda: asyncio.sleep(0))()
    await pulse.watch("pick", fail)()
    staff = Staff(admins=frozenset({BOSS}))
    talk.inbox = TelegramInbox(database, talk.bot, POLICY, COMPANY, staff, pulse)
    await turn_off(database)
    async with clock:
        await asyncio.sleep(0)
        talk.api.write(BOSS, "/status")
        await talk.settle()
    [said] = talk.texts(BOSS)
    assert said.startswith("Все вопросы приостановлены: 18 нояб., 15:00, Ольга.")
    assert "Отправка не запущена." in said
    [sending] = [line for line in said.splitlines() if "отправка вопросов" in line]
    assert sending.endswith(("→ 15:59", "→ 16:00"))
    [picking] = [line for line in said.splitlines() if "ежедневный отбор" in line]
    assert picking.endswith("не удалось, см. журнал")


async def test_the_command_line_turns_the_switch_and_check_tells_of_it(database_url: str, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{database_url}"\n', encoding="utf-8")
    paused = json.loads((await molva(config, "campaigns", "pause", "--all", "--json")).output)
    assert paused["paused"] is True
    again = json.loads((await molva(config, "campaigns", "pause", "--all", "--json")).output)
    assert again == paused, "since when it really is"
    checks = json.loads((await molva(config, "check", "--json")).output)["checks"]
    [found] = [one for one in checks if one["name"] == "pause"]
    assert not found["ok"]
    assert "campaigns resume --all" in found["detail"]
    assert "Вопросы отправляются" in (await molva(config, "campaigns", "resume", "--all")).output
    checks = json.loads((await molva(config, "check", "--json")).output)["checks"]
    assert "pause" not in [one["name"] for one in checks]
    for wrong in (("pause",), ("resume", "daily", "--all")):
        assert (await molva(config, "campaigns", *wrong)).status == 2
