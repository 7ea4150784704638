"""A person who came without a link shares a phone number, over HTTP, on both engines."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from storage.database import Database
from storage.models import Address, Customer
from tests.flow.conversation import Conversation
from tests.flow.world import NOW, add_customer

PHONE = "+79161234567"
UNKNOWN = "Спасибо! По этому номеру узнать вас не получилось."


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    """A conversation with a stranger whose chat is 1001."""
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_user(1001, "Anna")
        api.add_user(2002, "Boris")
        yield Conversation(database, api, bot)


async def chats(talk: Conversation) -> dict[str, str | None]:
    """{customer: chat}."""
    async with talk.database.read() as connection:
        rows = select(Customer.external_id, Address.value).outerjoin(
            Address, Address.id == Customer.telegram_address_id
        )
        return {row.external_id: row.value for row in await connection.execute(rows)}


async def add(talk: Conversation, *numbers: str, **values: str) -> None:
    async with talk.database.begin() as connection:
        for number in numbers:
            await add_customer(connection, number, **values)


@pytest.mark.parametrize("shared", ["79161234567", PHONE])
async def test_ones_own_number_joins_the_chat_and_the_keyboard_goes(talk: Conversation, shared: str) -> None:
    await add(talk, "1", phone=PHONE)
    talk.api.write(1001, "/start")
    await talk.settle()
    assert talk.texts()[-1].endswith("кнопка для этого внизу.")
    assert talk.api.sent[-1].reply_markup == {
        "keyboard": [[{"text": "Отправить мой номер телефона", "request_contact": True}]],
        "resize_keyboard": True,
        "one_time_keyboard": True,
    }
    talk.api.share_contact(1001, shared)
    await talk.settle()
    assert await chats(talk) == {"1": "1001"}
    assert "После покупки мы зададим вам здесь один вопрос" in talk.texts()[-1]
    assert talk.api.sent[-1].reply_markup == {"remove_keyboard": True}


async def test_a_joined_chat_that_shares_its_number_again_is_only_greeted(talk: Conversation) -> None:
    await add(talk, "1", phone=PHONE, telegram="1001")
    await add(talk, "2", phone="+79160000000")
    talk.api.share_contact(1001, "79160000000")
    await talk.settle()
    assert await chats(talk) == {"1": "1001", "2": None}
    assert "После покупки" in talk.texts()[-1]


async def test_somebody_elses_contact_does_not_count(talk: Conversation) -> None:
    await add(talk, "1", phone=PHONE)
    talk.api.share_contact(1001, PHONE, user_id=2002)
    talk.api.share_contact(1001, PHONE, user_id=3003)  # who has no Telegram
    await talk.settle()
    assert await chats(talk) == {"1": None}
    assert [text.startswith("Пожалуйста, отправьте свой собственный номер") for text in talk.texts()] == [True, True]


@pytest.mark.parametrize("kind", ["nobody", "several", "another chat", "no number"])
async def test_whose_number_it_is_cannot_be_told_and_the_answer_is_always_the_same(
    talk: Conversation, kind: str
) -> None:
    if kind == "several":
        await add(talk, "1", "2", phone=PHONE)
    elif kind == "another chat":
        await add(talk, "1", phone=PHONE, telegram="2002")
    before = await chats(talk)
    talk.api.share_contact(1001, "call me" if kind == "no number" else PHONE)
    assert await talk.settle() == 1
    assert await chats(talk) == before
    assert talk.texts()[-1].startswith(UNKNOWN)
    assert talk.api.sent[-1].reply_markup == {"remove_keyboard": True}


async def test_who_shares_their_number_wants_to_be_asked_again(talk: Conversation) -> None:
    async with talk.database.begin() as connection:
        await add_customer(connection, phone=PHONE, opted_out_at=NOW)
    talk.api.share_contact(1001, PHONE)
    await talk.settle()
    async with talk.database.read() as connection:
        assert (await connection.execute(select(Customer.opted_out_at))).scalar_one() is None
