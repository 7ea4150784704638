"""The bot's menus and descriptions, as the Bot API server has them afterwards."""

import json
from collections.abc import AsyncIterator

import pytest
from telegram import Bot

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from bot.telegram.presenting import customer_commands, present, staff_commands
from bot.telegram.routing import COMMANDS, STAFF_COMMANDS
from bot.telegram.staff import COMMAND_RIGHTS, RIGHTS, Right
from scheduler.company import Company
from storage.statuses import StaffRole
from tests.outside.loopback_bot import make_bot

SHOP = Company(name="Лавка")
PRIVATE = json.dumps({"type": "all_private_chats"})


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    async with BotApiServer() as server:
        server.add_user(77, "Olga")
        yield server


@pytest.fixture
async def bot(api: BotApiServer) -> AsyncIterator[Bot]:
    async with make_bot(api) as made:
        yield made


def scope_of(chat: int) -> str:
    return json.dumps({"chat_id": chat, "type": "chat"})


def menu(api: BotApiServer, scope: str, language: str = "") -> dict[str, str]:
    return {one["command"]: one["description"] for one in api.commands[scope, language]}


async def test_customers_see_their_commands_in_their_language_and_staff_theirs(api: BotApiServer, bot: Bot) -> None:
    api.add_group(-500, "Cases")
    await present(bot, SHOP, {77: frozenset(Right), -500: RIGHTS[StaffRole.MANAGER]})
    assert menu(api, PRIVATE) == menu(api, PRIVATE, "ru") == customer_commands("ru")
    assert menu(api, PRIVATE, "en")["stop"] == "No more questions"
    assert menu(api, scope_of(77)) == staff_commands("ru", frozenset(Right))
    assert "cases" in menu(api, scope_of(-500))
    assert "staff" not in menu(api, scope_of(-500))
    assert set(menu(api, PRIVATE)) & set(STAFF_COMMANDS) == {"help"}


def test_every_command_that_is_understood_is_offered() -> None:
    assert set(customer_commands("en")) == set(COMMANDS)
    assert set(staff_commands("en", frozenset(Right))) == set(STAFF_COMMANDS) == set(COMMAND_RIGHTS)


async def test_the_shops_own_description_stays(api: BotApiServer, bot: Bot) -> None:
    await bot.set_my_description("Наши слова", language_code="ru")
    await present(bot, SHOP, {})
    assert api.descriptions["description", "ru"] == "Наши слова"
    assert api.descriptions["description", ""].startswith("Лавка: после покупки мы задаём один вопрос.")
    assert api.descriptions["short_description", "en"].startswith("Лавка asks its customers one question")


async def test_a_shop_with_a_very_long_name_is_described_as_far_as_it_goes(api: BotApiServer, bot: Bot) -> None:
    await present(bot, Company(name="Л" * 600), {})
    assert len(api.descriptions["short_description", ""]) == 120


async def test_a_bot_api_that_is_away_is_a_warning(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    async with connect(TelegramSettings(token=bot.token, api_url="http://127.0.0.1:9")) as lost:
        await present(lost, SHOP, {})
    assert "menu and description are not set" in caplog.text
    assert bot.token not in caplog.text
