"""What could not be processed or told, brought back or given up by commands, and told of in the chat."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.reports.status import status_text
from bot.telegram.connection import connect
from scheduler.figures.gauges import read_gauges
from storage import inbox
from storage.database import Database
from storage.inbox import ReceivedUpdate
from storage.models import InboxUpdate, OutboxMessage, Response
from storage.statuses import InboxStatus, OutboxStatus
from tests.flow.command import molva
from tests.flow.conversation import Conversation
from tests.flow.world import COMPANY, NOW, ask_customer

ANNA, BORIS = 1001, 1002


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        for chat in (ANNA, BORIS):
            api.add_user(chat)
        yield Conversation(database, api, bot)


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(f'[database]\nurl = "{database_url}"\n', encoding="utf-8")
    return path


async def command(config: Path, *arguments: str) -> dict[str, Any]:
    ran = await molva(config, *arguments, "--json")
    assert ran.status == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.output)
    return found


async def bury(database: Database, update_id: int, error: str = "ZeroDivisionError: division") -> None:
    async with database.begin() as connection:
        await inbox.mark_dead(connection, update_id, error=error)


async def statuses(database: Database) -> dict[int, str]:
    async with database.read() as connection:
        rows = await connection.execute(select(InboxUpdate.update_id, InboxUpdate.status))
        return {row.update_id: row.status for row in rows}


async def tap(talk: Conversation, chat: int, score: int, token: str) -> int:
    """Fetched and dead; its number."""
    question = talk.api.message(chat, 1) or await talk.ask(token, chat)
    talk.api.tap(chat, question.message_id, f"s:{token}:{score}")
    number: int = talk.api.updates.waiting[-1]["update_id"]
    await talk.fetch()
    return number


async def test_a_dead_tap_is_shown_replayed_and_counts(talk: Conversation, database: Database, config: Path) -> None:
    async with database.begin() as connection:
        token = (await ask_customer(connection)).token
    number = await tap(talk, ANNA, 9, token)
    await bury(database, number)
    assert await talk.settle() == 0
    [shown] = (await command(config, "updates", "list"))["updates"]
    assert (shown["update"], shown["chat"], shown["kind"], shown["overtaken"]) == (
        number, str(ANNA), "callback_query", False,
    )  # fmt: skip
    assert shown["error"] == "ZeroDivisionError: division"
    assert "нажатие" in (await molva(config, "updates", "list")).output
    assert await command(config, "updates", "replay", "--all") == {"replayed": [number]}
    assert await talk.settle(datetime.now(UTC)) == 1  # the command goes by the clock of the machine
    async with database.read() as connection:
        assert list((await connection.execute(select(Response.score))).scalars()) == [9]
    assert await command(config, "updates", "list") == {"updates": []}


async def test_a_tap_that_a_later_one_overtook_comes_back_only_by_its_number(
    talk: Conversation, database: Database, config: Path
) -> None:
    async with database.begin() as connection:
        token = (await ask_customer(connection)).token
    first = await tap(talk, ANNA, 2, token)
    await bury(database, first)
    await tap(talk, ANNA, 10, token)
    assert await talk.settle() == 1
    assert [one["overtaken"] for one in (await command(config, "updates", "list"))["updates"]] == [True]
    assert await command(config, "updates", "replay", "--all") == {"replayed": []}
    assert await command(config, "updates", "replay", str(first)) == {"replayed": [first]}


async def test_a_dropped_update_never_takes_effect_nor_comes_in_again(
    talk: Conversation, database: Database, config: Path
) -> None:
    async with database.begin() as connection:
        token = (await ask_customer(connection)).token
        await inbox.store_updates(connection, [ReceivedUpdate(update_id=7, chat="5", body={"update_id": 7})], NOW)
    number = await tap(talk, ANNA, 9, token)
    for one in (7, number):
        await bury(database, one)
    assert await command(config, "updates", "drop", str(number)) == {"dropped": [number]}
    assert await command(config, "updates", "drop", "--all") == {"dropped": [7]}
    assert await statuses(database) == {7: InboxStatus.DONE, number: InboxStatus.DONE}
    talk.offset = None
    assert await talk.settle() == 0
    async with database.read() as connection:
        assert (await connection.execute(select(Response.id))).all() == []


async def test_a_dead_message_is_shown_told_again_or_forgotten(
    talk: Conversation, database: Database, config: Path
) -> None:
    talk.api.write(ANNA, "/start")
    talk.api.write(BORIS, "/start")
    await talk.fetch()
    await talk.inbox.process_pending(NOW)
    async with database.begin() as connection:
        await connection.execute(update(OutboxMessage).values(status=OutboxStatus.DEAD, error="refused", attempts=10))
    shown = (await command(config, "messages", "list"))["messages"]
    assert {(one["kind"], one["target"], one["error"]) for one in shown} == {
        ("text", str(ANNA), "refused"), ("text", str(BORIS), "refused"),
    }  # fmt: skip
    by_chat = {one["target"]: one["message"] for one in shown}
    assert await command(config, "messages", "drop", str(by_chat[str(BORIS)])) == {"dropped": [by_chat[str(BORIS)]]}
    assert await command(config, "messages", "replay", "--all") == {"replayed": [by_chat[str(ANNA)]]}
    await talk.settle(datetime.now(UTC))
    assert len(talk.texts(ANNA)) == 1
    assert talk.texts(BORIS) == []
    assert await command(config, "messages", "list") == {"messages": []}


async def test_a_dead_message_says_what_the_bot_api_said_without_what_it_quotes(
    talk: Conversation, database: Database, config: Path
) -> None:
    talk.api.write(ANNA, "/start")
    await talk.fetch()
    await talk.inbox.process_pending(NOW)
    refusal = 'Bad Request: can\'t parse entities: unsupported start tag "Anna +79161234567" at byte offset 7'
    talk.api.fail("sendMessage", status=400, description=refusal, times=None)
    await talk.settle(NOW)
    [shown] = (await command(config, "messages", "list"))["messages"]
    assert shown["error"].startswith("refused: ")
    assert "unsupported start tag" in shown["error"]
    assert "Anna" not in shown["error"]
    async with database.read() as connection:
        gauges = await read_gauges(connection, COMPANY, ["telegram"], NOW)
    assert f"Последнее из них: {shown['error']}" in status_text(gauges, [], COMPANY, NOW)


@pytest.mark.parametrize("group", ["updates", "messages"])
@pytest.mark.parametrize("verb", ["replay", "drop"])
async def test_a_number_that_is_no_dead_letters_changes_nothing_and_none_at_all_is_wrong_usage(
    database: Database, config: Path, group: str, verb: str
) -> None:
    ran = await molva(config, group, verb, "5")
    assert (ran.status, ran.stderr) == (1, "molva: no dead letter has the number 5: nothing was done\n")
    for arguments in ((), ("5", "--all")):
        ran = await molva(config, group, verb, *arguments)
        assert ran.status == 2
        assert "or say --all" in ran.stderr
    assert (await molva(config, group, verb, "--", "-5")).status == 2


async def test_the_chat_and_the_check_name_the_commands(talk: Conversation, database: Database, config: Path) -> None:
    talk.api.write(ANNA, "/start")
    await talk.fetch()
    number = next(iter(await statuses(database)))
    await bury(database, number)
    async with database.read() as connection:
        gauges = await read_gauges(connection, COMPANY, ["telegram"], NOW)
    assert "Не удалось обработать входящих: 1 (см. `molva updates list`)" in status_text(gauges, [], COMPANY, NOW)
    checks = json.loads((await molva(config, "check", "--json")).output)["checks"]
    [dead] = [check for check in checks if check["name"] == "dead_letters"]
    assert not dead["ok"]
    assert "`molva updates list`" in dead["detail"]
