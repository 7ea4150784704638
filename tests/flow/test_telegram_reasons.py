"""Reasons to tick under the follow-up, over HTTP, on both engines: kept, shown, exported, on the case's card."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels.settings import TelegramSettings
from bot.config import ConfigError, parse_settings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from bot.telegram.posting import render_case
from bot.views import response_view
from scheduler.asking.policy import Policy
from storage.database import Database
from storage.models import Case, Response
from storage.responses_export import stream_responses
from tests.flow.conversation import Conversation
from tests.flow.world import COMPANY, NOW, ask_customer

REASONS = {
    "detractor": (
        {"key": "delivery", "ru": "Доставка", "en": "Delivery"},
        {"key": "staff", "ru": "<b>Персонал</b>", "en": "Staff"},
        {"key": "price", "ru": "Цена"},
    ),
    "promoter": ({"key": "staff", "ru": "Приветливость", "en": "Kindness"},),
}


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    """A conversation with a person whose chat is 1001, in a shop with reasons."""
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_user(1001, "Anna")
        yield Conversation(database, api, bot, policy=Policy(reasons=REASONS))


async def answered(talk: Conversation, score: int, language: str = "ru") -> str:
    """The token of a question that was answered with a score."""
    async with talk.database.begin() as connection:
        token = (await ask_customer(connection, language=language)).token
    asked = await talk.ask(token, language=language)
    talk.api.tap(1001, asked.message_id, f"s:{token}:{score}")
    await talk.settle()
    return token


async def kept(talk: Conversation) -> list[str] | None:
    async with talk.database.read() as connection:
        found: list[str] | None = (await connection.execute(select(Response.reasons))).scalar_one()
        return found


def buttons(talk: Conversation) -> list[list[str]]:
    last = [message for message in talk.api.messages(1001) if message.is_own][-1]
    return [[button["text"] for button in row] for row in talk.api.current_keyboard(1001, last.message_id)]


def tap(talk: Conversation, data: str, chat: int = 1001) -> None:
    last = [message for message in talk.api.messages(1001) if message.is_own][-1]
    talk.api.tap(chat, last.message_id, data)


async def test_several_reasons_are_ticked_and_one_taken_off_on_the_same_message(talk: Conversation) -> None:
    token = await answered(talk, 3)
    assert talk.texts()[-1].endswith("Отметьте, что подходит, или напишите сообщением: мы читаем всё.")
    assert buttons(talk) == [["Доставка", "<b>Персонал</b>"], ["Цена"]]
    for key in ("price", "delivery", "staff", "delivery"):
        tap(talk, f"r:{token}:{key}")
        await talk.settle()
    assert await kept(talk) == ["staff", "price"]
    assert buttons(talk) == [["Доставка", "✓ <b>Персонал</b>"], ["✓ Цена"]]
    assert len(talk.texts()) == 2
    toasts = [answer.text for answer in talk.api.answered[1:]]
    assert toasts == ["Отметили: Цена", "Отметили: Доставка", "Отметили: <b>Персонал</b>", "Убрали: Доставка"]


async def test_the_reasons_are_exported_and_on_the_cases_card(talk: Conversation) -> None:
    token = await answered(talk, 3)
    for key in ("staff", "delivery"):
        tap(talk, f"r:{token}:{key}")
    await talk.settle()
    async with talk.database.read() as connection:
        views = [response_view(one) async for one in stream_responses(connection, None, None)]
        case_id = (await connection.execute(select(Case.id))).scalar_one()
    assert [view["reasons"] for view in views] == [["delivery", "staff"]]
    card = await render_case(talk.database, COMPANY, {"case": case_id}, "-1", talk.policy)
    assert "• Доставка • &lt;b&gt;Персонал&lt;/b&gt;" in card.text


async def test_an_english_customer_reads_english_where_there_is_some(talk: Conversation) -> None:
    await answered(talk, 0, language="en")
    assert buttons(talk) == [["Delivery", "Staff"], ["Цена"]]
    assert talk.texts()[-1].endswith("Tick what fits, or write it here in a message: we read everything.")


async def test_without_reasons_there_are_no_buttons(talk: Conversation) -> None:
    await answered(talk, 8)
    assert buttons(talk) == []
    assert "Отметьте" not in talk.texts()[-1]


async def test_reasons_that_do_not_fit_a_changed_score_go(talk: Conversation) -> None:
    token = await answered(talk, 3)
    tap(talk, f"r:{token}:price")
    await talk.settle()
    talk.api.tap(1001, 1, f"s:{token}:4")
    await talk.settle()
    assert await kept(talk) == ["price"]
    talk.api.tap(1001, 1, f"s:{token}:10")
    await talk.settle()
    assert await kept(talk) is None
    tap(talk, f"r:{token}:price")
    await talk.settle()
    assert await kept(talk) is None
    assert talk.api.answered[-1].text == "Эта кнопка больше не работает."


async def test_reasons_that_are_forged_foreign_or_late_change_nothing(talk: Conversation) -> None:
    token = await answered(talk, 3)
    talk.api.add_user(2002, "Mallory")
    tap(talk, f"r:{token}:price", chat=2002)
    for data in (f"r:{token}:nothing", f"r:{token}", "r:", "r:AAAAAAAAAAAAAAAAAAAAAA:price", f"r:{token}:price:price"):
        tap(talk, data)
    assert await talk.settle() == 6
    tap(talk, f"r:{token}:price")
    await talk.settle(NOW + timedelta(days=8))
    assert await kept(talk) is None
    assert talk.api.answered[-1].text == "С вашего ответа прошло слишком много времени: изменить его уже нельзя."


@pytest.mark.parametrize(
    ("reasons", "wrong"),
    [
        ({"hater": []}, "survey.reasons.hater: is no category: promoter, passive, detractor"),
        ({"passive": [{"key": "a b", "ru": "А"}]}, "'a b' is no key"),
        ({"passive": [{"key": "a"}]}, "'a' has no words: add ru or en"),
        ({"passive": [{"key": "a", "de": "A"}]}, "'de' is not spoken here"),
        ({"passive": [{"key": "a", "ru": " "}]}, "cannot be a button"),
        ({"passive": [{"key": "a", "ru": "A"}, {"key": "a", "ru": "B"}]}, "names a key twice"),
        ({"passive": [{"key": f"a{n}", "ru": "A"} for n in range(9)]}, "more than 8 are not read"),
    ],
)
def test_reasons_that_cannot_be_shown_are_refused(reasons: object, wrong: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(wrong)):
        parse_settings({"survey": {"reasons": reasons}}, "config.toml")
