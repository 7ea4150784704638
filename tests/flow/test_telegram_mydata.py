"""/mydata: what is stored about a person comes as a file, over HTTP, on both engines."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from scheduler.asking.policy import Policy
from scheduler.closing import Person, follow
from scheduler.conversing import answer_customer, reply_from_chat
from storage.database import Database
from storage.models import Case, Response
from tests.flow.conversation import Conversation
from tests.flow.world import COMPANY, NOW, ask_customer

RUSSIAN = """Лавка: что мы о вас храним

Ваш номер у нас: 1
Имя: <b>Анна</b>
Электронная почта: anna@example.test
Чат в Telegram: 1001
район: Арбат

Покупки:
- 13.11.2026 15:00, S1, 1\xa0000,00\xa0₽

Когда мы вас спрашивали:
- 18.11.2026 13:00, telegram

Что вы ответили:
- 18.11.2026 15:00, 9, Цена, Всё хорошо
"""


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    """A conversation with a person whose chat is 1001."""
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_user(1001, "Anna")
        policy = Policy(reasons={"promoter": ({"key": "price", "ru": "Цена"},)})
        yield Conversation(database, api, bot, policy=policy)


async def fill(talk: Conversation, language: str | None = None) -> None:
    async with talk.database.begin() as connection:
        known: dict[str, Any] = {"name": "<b>Анна</b>", "email": "anna@example.test", "attributes": {"район": "Арбат"}}
        seeded = await ask_customer(connection, "1", language=language, **known)
        answer = {
            "customer_id": seeded.customer_id, "score": 9, "comment": "Всё хорошо", "reasons": ["price"],
            "channel": "telegram", "answered_at": NOW, "day": COMPANY.local_day(NOW),
        }  # fmt: skip
        await connection.execute(insert(Response).values(answer))


async def file_of(talk: Conversation) -> tuple[str, str]:
    """(text, caption) of the file that /mydata brings."""
    talk.api.write(1001, "/mydata")
    await talk.settle()
    message = talk.api.messages(1001)[-1]
    return talk.api.documents[1001, message.message_id].decode("utf-8-sig"), message.caption or ""


async def test_everything_that_is_stored_comes_as_a_readable_file(talk: Conversation) -> None:
    await fill(talk)
    assert await file_of(talk) == (RUSSIAN, "Вот всё, что мы о вас храним. Удалить это можно командой /forget.")


@pytest.mark.parametrize(("language", "heading"), [("ru", "Что мы вам писали:"), ("en", "What we wrote to you:")])
async def test_what_the_shop_wrote_about_a_complaint_is_there_beside_what_was_written_back(
    talk: Conversation, language: str, heading: str
) -> None:
    await fill(talk, language)
    by = Person(id="71", name="Ольга")
    async with talk.database.begin() as connection:
        response_id = (await connection.execute(select(Response.id))).scalar_one()
        await follow(connection, Policy(case_score=10), response_id, NOW)
        case_id = (await connection.execute(select(Case.id))).scalar_one()
        for number, said in enumerate(("Простите <нас>!", "Вернули деньги")):
            await answer_customer(
                connection, ["telegram"], case_id, said, by, cause=str(number), now=NOW + timedelta(hours=number)
            )
        await reply_from_chat(
            connection, Policy(), chat="1001", text="Спасибо", replied_to=None, now=NOW + timedelta(hours=2)
        )
    text, _ = await file_of(talk)
    assert text.endswith(f"\n\n{heading}\n- 18.11.2026 16:00, Вернули деньги\n- 18.11.2026 15:00, Простите <нас>!\n")
    assert "- 18.11.2026 17:00, Спасибо\n" in text
    assert "Ольга" not in text, "whoever wrote it did so in the shop's name"


async def test_a_score_written_back_by_letter_is_marked_as_such(talk: Conversation) -> None:
    await fill(talk)
    async with talk.database.begin() as connection:
        await connection.execute(update(Response).values(channel="email", source="reply"))
    assert "18.11.2026 15:00, 9, ответом на наше письмо, Цена, Всё хорошо" in (await file_of(talk))[0]


async def test_an_english_customer_reads_it_in_english(talk: Conversation) -> None:
    await fill(talk, "en")
    text, caption = await file_of(talk)
    assert text.startswith(
        "What Лавка has stored about you\n\nYour number with us: 1\nName: <b>Анна</b>\nLanguage: en\n"
    )
    assert caption == "This is what we have stored about you. /forget erases it."


async def test_a_stranger_has_nothing_stored(talk: Conversation) -> None:
    talk.api.write(1001, "/mydata")
    await talk.settle()
    assert talk.texts()[-1].startswith("Мы не знаем, кто вы")
