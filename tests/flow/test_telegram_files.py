"""Voice messages, photos and other files as answers, over HTTP, on both engines: kept, shown, acknowledged once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.reports.mydata import mydata_text
from bot.telegram.connection import connect
from bot.telegram.posting import render_case
from bot.views import response_view
from storage.database import Database
from storage.models import Case, Response
from storage.mydata import read_mydata
from storage.responses_export import stream_responses
from tests.flow.conversation import Conversation
from tests.flow.world import COMPANY, NOW, ask_customer


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    """A conversation with a person whose chat is 1001."""
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_user(1001, "Anna")
        yield Conversation(database, api, bot)


async def answered(talk: Conversation, score: int, language: str = "ru") -> None:
    """The customer 1 has answered with a score."""
    async with talk.database.begin() as connection:
        token = (await ask_customer(connection, language=language)).token
    asked = await talk.ask(token, language=language)
    talk.api.tap(1001, asked.message_id, f"s:{token}:{score}")
    await talk.settle()


async def kept(talk: Conversation) -> list[dict[str, Any]]:
    async with talk.database.read() as connection:
        return (await connection.execute(select(Response.attachments))).scalar_one() or []


@pytest.mark.parametrize(
    ("kind", "russian", "english"),
    [
        ("voice", "Спасибо! Обязательно послушаем.", "Thank you! We will be sure to listen to it."),
        ("audio", "Спасибо! Обязательно послушаем.", "Thank you! We will be sure to listen to it."),
        ("photo", "Спасибо! Обязательно посмотрим.", "Thank you! We will be sure to look at it."),
        ("video", "Спасибо! Обязательно посмотрим.", "Thank you! We will be sure to look at it."),
        ("video_note", "Спасибо! Обязательно посмотрим.", "Thank you! We will be sure to look at it."),
        ("document", "Спасибо! Обязательно посмотрим.", "Thank you! We will be sure to look at it."),
        ("animation", "Спасибо!", "Thank you!"),
        ("sticker", "Спасибо!", "Thank you!"),
    ],
)
@pytest.mark.parametrize("language", ["ru", "en"])
async def test_every_kind_of_file_is_kept_as_a_reference_and_thanked_for(
    talk: Conversation, language: str, kind: str, russian: str, english: str
) -> None:
    await answered(talk, 8, language)
    sent = talk.api.send_file(1001, kind)
    await talk.settle()
    file = sent.extra[kind][0] if kind == "photo" else sent.extra[kind]
    place = {"message_id": sent.message_id, "chat": "1001"}
    assert await kept(talk) == [{"kind": kind, "file_id": file["file_id"], **place}]
    assert talk.texts()[-1] == (russian if language == "ru" else english)


async def test_files_with_their_captions_are_on_the_card_in_the_export_and_in_the_persons_own_data(
    talk: Conversation,
) -> None:
    await answered(talk, 2)
    talk.api.send_file(1001, "voice")
    talk.api.send_file(1001, "photo", caption="Вот <чек>")
    talk.api.send_file(1001, "photo")
    assert await talk.settle() == 3
    async with talk.database.read() as connection:
        case_id, customer_id = (await connection.execute(select(Case.id, Case.customer_id))).one()
        view = await anext(response_view(one) async for one in stream_responses(connection, None, None))
        mydata = mydata_text(await read_mydata(connection, customer_id), COMPANY, "ru", {})
    card = await render_case(talk.database, COMPANY, {"case": case_id}, "-1")
    assert "«Вот &lt;чек&gt;»\n📎 голосовое сообщение, фото × 2\n" in card.text
    assert (view["comment"], view["attachments"]) == ("Вот <чек>", ["voice", "photo", "photo"])
    assert "18.11.2026 15:00, 2, Вот <чек>, голосовое сообщение, фото × 2" in mydata


async def test_an_album_is_kept_whole_and_answered_once(talk: Conversation) -> None:
    await answered(talk, 5)
    before = len(talk.texts())
    for number in range(3):
        talk.api.send_file(1001, "photo", album="777", caption="Все три" if number == 0 else None)
    await talk.settle()
    assert len(await kept(talk)) == 3
    assert talk.texts()[before:] == ["Спасибо! Обязательно посмотрим."]
    talk.api.send_file(1001, "photo", album="778")
    await talk.settle()
    assert len(talk.texts()) == before + 2


async def test_no_more_than_twenty_files_are_kept_and_the_next_one_is_told_so(talk: Conversation) -> None:
    await answered(talk, 5)
    for _ in range(22):
        talk.api.send_file(1001, "sticker")
    assert await talk.settle() == 22
    for seconds in range(2, 10, 2):  # a chat hears five things at once
        await talk.settle(NOW + timedelta(seconds=seconds))
    assert len(await kept(talk)) == 20
    assert talk.texts()[-1].startswith("Спасибо! Больше файлов к одному ответу мы сохранить не можем")


async def test_a_file_that_follows_no_score_or_comes_late_is_kept_nowhere(talk: Conversation) -> None:
    talk.api.send_file(1001, "voice")
    await talk.settle()
    assert "/stop" in talk.texts()[-1]
    await answered(talk, 5)
    talk.api.send_file(1001, "voice")
    await talk.settle(NOW + timedelta(hours=25))
    assert await kept(talk) == []
    assert "/stop" in talk.texts()[-1]


async def test_a_command_as_a_caption_is_a_command_and_a_place_is_asked_for_in_words(talk: Conversation) -> None:
    await answered(talk, 5)
    talk.api.send_file(1001, "photo", caption="/stop")
    chat = talk.api.chats[1001]
    place = {"location": {"latitude": 55.7, "longitude": 37.6}}
    talk.api.push({"message": {"message_id": 900, "date": 1, "chat": chat.as_json(), "from": chat.as_user(), **place}})
    assert await talk.settle() == 2
    assert await kept(talk) == []
    assert talk.texts()[-2].startswith("Хорошо, вопросов больше не будет.")
    assert talk.texts()[-1].startswith("Такое сообщение мы не сможем принять как ответ.")
