"""/language, over HTTP, on both engines."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from storage.database import Database
from storage.models import Customer
from tests.flow.conversation import Conversation
from tests.flow.world import ask_customer


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    """A conversation with a person whose chat is 1001."""
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_user(1001, "Anna")
        yield Conversation(database, api, bot)


async def language(talk: Conversation) -> str | None:
    async with talk.database.read() as connection:
        found: str | None = (await connection.execute(select(Customer.language))).scalar_one()
        return found


async def test_the_language_is_chosen_kept_and_spoken_from_then_on(talk: Conversation) -> None:
    async with talk.database.begin() as connection:
        await ask_customer(connection, "1")
    talk.api.write(1001, "/language")
    await talk.settle()
    shown = talk.api.messages(1001)[-1]
    assert shown.text == "На каком языке нам с вами говорить?"
    keyboard = talk.api.current_keyboard(1001, shown.message_id)
    assert [[button["text"] for button in row] for row in keyboard] == [["Русский", "English"]]
    talk.api.tap(1001, shown.message_id, "l:en")
    await talk.settle()
    assert await language(talk) == "en"
    assert talk.texts() == ["All right, we speak English with you."]
    talk.api.write(1001, "/stop")
    await talk.settle()
    assert talk.texts()[-1].startswith("All right, we will not ask you any more.")


@pytest.mark.parametrize("data", ["l:", "l:de", "l:en:en", "l:' OR 1=1 --"])
async def test_a_language_that_is_not_spoken_changes_nothing(talk: Conversation, data: str) -> None:
    async with talk.database.begin() as connection:
        await ask_customer(connection, "1")
    talk.api.tap(1001, 1, data)
    await talk.settle()
    assert await language(talk) is None
    assert talk.api.answered[-1].text == "Эта кнопка больше не работает."


async def test_a_stranger_is_told_how_to_be_known_first(talk: Conversation) -> None:
    talk.api.write(1001, "/language")
    talk.api.tap(1001, 1, "l:en")
    await talk.settle()
    assert "откройте этот чат по ссылке" in talk.texts()[-1]
    assert talk.api.answered[-1].show_alert
