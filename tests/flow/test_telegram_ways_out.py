"""«Not now» and «don't ask again» under the question, over HTTP, on both engines."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.loopback.messages import Message
from bot.telegram.connection import connect
from storage.database import Database
from storage.models import Customer, Delivery, Invitation, Response
from storage.statuses import DeliveryKind, DeliveryStatus
from tests.flow.conversation import Conversation
from tests.flow.world import NOW, POLICY, Seeded, ask_customer

QUEUED_AT = NOW - timedelta(hours=2)


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    """A conversation with a person whose chat is 1001."""
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_user(1001, "Anna")
        yield Conversation(database, api, bot)


async def seed(talk: Conversation, number: str = "1", **customer: Any) -> Seeded:
    async with talk.database.begin() as connection:
        return await ask_customer(connection, number, **customer)


async def standing(talk: Conversation) -> tuple[datetime | None, datetime | None]:
    """(not_before, opted_out_at) of the customer."""
    async with talk.database.read() as connection:
        row = (await connection.execute(select(Customer.not_before, Customer.opted_out_at))).one()
        return row.not_before, row.opted_out_at


def words(talk: Conversation, message: Message) -> list[list[str]]:
    return [[button["text"] for button in row] for row in talk.api.current_keyboard(1001, message.message_id)]


@pytest.mark.parametrize(
    ("language", "ways", "said"),
    [
        ("ru", ["Не сейчас", "Больше не спрашивать"], "До 18 марта 2027 мы ни о чём спрашивать не будем."),
        ("en", ["Not now", "Don't ask again"], "We will not ask you anything before 18 March 2027."),
    ],
)
async def test_not_now_is_kept_and_shown_and_the_scores_stay(
    talk: Conversation, language: str, ways: list[str], said: str
) -> None:
    seeded = await seed(talk, language=language)
    asked = await talk.ask(seeded.token, language=language)
    assert words(talk, asked)[2] == ways
    for _ in range(2):
        talk.api.tap(1001, asked.message_id, f"n:{seeded.token}")
    await talk.settle()
    until = QUEUED_AT + timedelta(days=POLICY.cooldown_days + POLICY.not_now_days)
    assert await standing(talk) == (until, None)
    (shown,) = talk.texts()
    assert shown.count(said) == 1
    assert words(talk, asked) == [list("012345"), ["6", "7", "8", "9", "10"]]
    assert len(talk.api.answered) == 2
    talk.api.tap(1001, asked.message_id, f"s:{seeded.token}:9")
    await talk.settle()
    assert said not in talk.texts()[0]
    async with talk.database.read() as connection:
        assert (await connection.execute(select(Response.score))).scalars().all() == [9]


async def test_not_now_calls_a_waiting_reminder_off_and_shortens_no_longer_wait(talk: Conversation) -> None:
    later = datetime(2030, 1, 1, tzinfo=UTC)
    seeded = await seed(talk)
    asked = await talk.ask(seeded.token)
    async with talk.database.begin() as connection:
        question = (await connection.execute(select(Delivery.__table__))).one()
        reminder = {"kind": DeliveryKind.REMINDER, "status": DeliveryStatus.QUEUED, "handed_at": None}
        await connection.execute(
            insert(Delivery).values(**{**question._mapping, **reminder, "id": question.id + 1, "reference": None})
        )
        await connection.execute(update(Customer).values(not_before=later))
    talk.api.tap(1001, asked.message_id, f"n:{seeded.token}")
    await talk.settle()
    assert await standing(talk) == (later, None)
    async with talk.database.read() as connection:
        found = await connection.execute(select(Delivery.status, Delivery.reason).order_by(Delivery.id))
        assert [tuple(row) for row in found] == [("sent", None), ("cancelled", "not_now")]
    assert "1 января 2030" in talk.texts()[0]


async def test_dont_ask_again_opts_out_takes_the_buttons_away_and_start_undoes_it(talk: Conversation) -> None:
    seeded = await seed(talk)
    asked = await talk.ask(seeded.token)
    talk.api.tap(1001, asked.message_id, f"x:{seeded.token}")
    await talk.settle()
    assert await standing(talk) == (None, NOW)
    assert talk.texts()[0].endswith("✓ Хорошо, вопросов больше не будет. Если передумаете, отправьте /start.")
    assert words(talk, asked) == []
    async with talk.database.read() as connection:
        assert (await connection.execute(select(Invitation.closed_reason))).scalar_one() == "opted_out"
    talk.api.write(1001, "/start")
    await talk.settle()
    assert await standing(talk) == (None, None)


async def test_ways_out_that_are_forged_or_somebody_elses_change_nothing(talk: Conversation) -> None:
    seeded = await seed(talk)
    asked = await talk.ask(seeded.token)
    talk.api.add_user(2002, "Mallory")
    for data in (f"n:{seeded.token}", f"x:{seeded.token}"):
        talk.api.tap(2002, asked.message_id, data)
    for data in ("n:", "x:", "n:AAAAAAAAAAAAAAAAAAAAAA", "x:' OR 1=1 --", f"n:{seeded.token}:9"):
        talk.api.tap(1001, asked.message_id, data)
    assert await talk.settle() == 7
    assert await standing(talk) == (None, None)
    assert {answer.text for answer in talk.api.answered} == {"Эта кнопка больше не работает."}
    assert len(talk.texts()) == 1


async def test_not_now_after_the_answer_puts_nothing_off(talk: Conversation) -> None:
    seeded = await seed(talk)
    asked = await talk.ask(seeded.token)
    talk.api.tap(1001, asked.message_id, f"s:{seeded.token}:10")
    talk.api.tap(1001, asked.message_id, f"n:{seeded.token}")
    await talk.settle()
    assert await standing(talk) == (None, None)
    assert talk.api.answered[-1].text == "Вы уже ответили, спасибо!"


async def test_a_question_too_old_to_be_shown_is_answered_with_a_message(talk: Conversation) -> None:
    seeded = await seed(talk)
    chat = talk.api.chats[1001]
    talk.api.push(
        {
            "callback_query": {
                "id": "7", "from": chat.as_user(), "chat_instance": "1", "data": f"x:{seeded.token}",
                "message": {"chat": chat.as_json(), "message_id": 5, "date": 0},
            }
        }
    )  # fmt: skip
    await talk.settle()
    assert await standing(talk) == (None, NOW)
    assert talk.texts() == ["Хорошо, вопросов больше не будет. Если передумаете, отправьте /start."]
