"""The further question after a score, over HTTP, on both engines: one at the most, edited in place, kept, exported."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.channels.settings import TelegramSettings
from bot.config import ConfigError, parse_settings
from bot.loopback.bot_api import BotApiServer
from bot.reports.mydata import mydata_text
from bot.telegram.connection import connect
from bot.telegram.processing import TelegramInbox
from bot.views import response_view
from scheduler.asking.policy import Policy
from scheduler.asking.second import SecondQuestions
from storage.database import Database
from storage.models import Customer, Invitation, SecondAnswer
from storage.mydata import read_mydata
from storage.responses_export import stream_responses
from tests.flow.conversation import Conversation
from tests.flow.world import COMPANY, NOW, add_sale, ask_customer

POLICY = Policy(second=SecondQuestions(source=True, tenure=True, wallet=True))
SOURCE = "И ещё один вопрос, если не возражаете:\nКак вы о нас узнали?"


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    """A conversation with a person whose chat is 1001, in a shop that wants to know more and sold first in 2025."""
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_user(1001, "Anna")
        api.add_user(2002, "Mallory")
        async with database.begin() as connection:
            await add_sale(connection, None, "OLD", sold_at=NOW - timedelta(days=500))
        yield Conversation(database, api, bot, policy=POLICY)


async def ask(talk: Conversation, number: str = "1", **customer: Any) -> str:
    """The token of a question in the customer's chat: their message 1."""
    async with talk.database.begin() as connection:
        token = (await ask_customer(connection, number, **customer)).token
    await talk.ask(token, chat=1000 + int(number), language=customer.get("language", "ru"))
    return token


async def answer(talk: Conversation, score: int, **customer: Any) -> str:
    """The token of a question that was answered with a score; the second question is message 3."""
    token = await ask(talk, **customer)
    talk.api.tap(1001, 1, f"s:{token}:{score}")
    await talk.settle()
    return token


async def stored(talk: Conversation) -> list[tuple[str, str | None]]:
    async with talk.database.read() as connection:
        rows = await connection.execute(select(SecondAnswer.question, SecondAnswer.choice).order_by(SecondAnswer.id))
        return [(row.question, row.choice) for row in rows]


def buttons(talk: Conversation) -> list[list[str]]:
    return [[button["text"] for button in row] for row in talk.api.current_keyboard(1001, 3)]


async def test_a_new_customer_is_asked_how_they_came_and_the_choice_is_marked_on_the_same_message(
    talk: Conversation,
) -> None:
    token = await answer(talk, 9)
    assert talk.texts()[2] == SOURCE
    assert buttons(talk) == [
        ["Посоветовали знакомые"], ["Из рекламы"], ["Из поиска в интернете"], ["По-другому"],
    ]  # fmt: skip
    assert await stored(talk) == [("source", None)]
    talk.api.tap(1001, 3, f"q:{token}:friend")
    await talk.settle()
    assert await stored(talk) == [("source", "friend")]
    assert buttons(talk)[0] == ["✓ Посоветовали знакомые"]
    assert talk.api.answered[-1].text == "Спасибо! Отметили: Посоветовали знакомые"
    assert len(talk.texts()) == 3


async def test_an_english_customer_is_asked_in_english(talk: Conversation) -> None:
    token = await answer(talk, 9, language="en")
    assert talk.texts()[2] == "And one more question, if you like:\nHow did you find us?"
    talk.api.tap(1001, 3, f"q:{token}:search")
    await talk.settle()
    assert buttons(talk)[2] == ["✓ Found you on the internet"]
    assert talk.api.answered[-1].text == "Thank you! Noted: Found you on the internet"


async def test_whoever_taps_to_and_fro_is_asked_one_question_once(talk: Conversation) -> None:
    token = await ask(talk)
    for score in (9, 3, 9, 7, 10):
        talk.api.tap(1001, 1, f"s:{token}:{score}")
    assert await talk.settle() == 5
    assert await stored(talk) == [("source", None)]
    assert talk.texts().count(SOURCE) == 1


async def test_a_second_answer_of_the_same_customer_brings_another_question_or_none(talk: Conversation) -> None:
    token = await answer(talk, 9)
    talk.api.tap(1001, 3, f"q:{token}:friend")
    await talk.settle()
    later = NOW + timedelta(days=100)
    for number in ("21", "22"):
        token = await ask_again(talk, number)
        talk.api.tap(1001, 1, f"s:{token}:8")
        await talk.settle(later)
    assert await stored(talk) == [("source", "friend"), ("wallet", None)]
    assert talk.texts()[-1] != SOURCE


async def ask_again(talk: Conversation, number: str) -> str:
    """The token of another question to customer 1, whose row another customer gave."""
    async with talk.database.begin() as connection:
        seeded = await ask_customer(connection, number)
        first = select(Customer.id).where(Customer.external_id == "1").scalar_subquery()
        theirs = update(Invitation).where(Invitation.id == seeded.invitation_id)
        await connection.execute(theirs.values(customer_id=first))
    return seeded.token


async def test_a_choice_is_changed_for_as_long_as_a_score_and_the_first_is_never_too_late(talk: Conversation) -> None:
    token = await answer(talk, 9)
    for days, choice, kept in ((20, "search", "search"), (26, "other", "other"), (28, "friend", "other")):
        talk.api.tap(1001, 3, f"q:{token}:{choice}")
        await talk.settle(NOW + timedelta(days=days))
        assert await stored(talk) == [("source", kept)]
    assert talk.api.answered[-1].text == "С вашего ответа прошло слишком много времени: изменить его уже нельзя."


async def test_fifty_taps_a_second_and_a_replayed_one_leave_the_last_choice_and_one_row(talk: Conversation) -> None:
    token = await answer(talk, 9)
    for number in range(50):
        talk.api.tap(1001, 3, f"q:{token}:{('friend', 'search')[number % 2]}")
    assert await talk.settle() == 50
    for _ in range(2):
        talk.api.tap(1001, 3, f"q:{token}:search")
    assert await talk.settle() == 2
    assert await stored(talk) == [("source", "search")]
    assert buttons(talk)[2] == ["✓ Из поиска в интернете"]
    assert len(talk.texts()) == 3


async def test_forged_foreign_and_old_buttons_choose_nothing(talk: Conversation) -> None:
    token = await answer(talk, 9)
    talk.api.tap(2002, 3, f"q:{token}:friend")
    for data in (
        f"q:{token}:up_to_25",
        f"q:{token}:",
        f"q:{token}",
        "q:",
        f"q:{'A' * 22}:friend",
        f"q:{token}:friend:x",
    ):
        talk.api.tap(1001, 3, data)
    assert await talk.settle() == 7
    assert await stored(talk) == [("source", None)]
    assert {one.text for one in talk.api.answered[1:]} == {"Эта кнопка больше не работает."}


async def test_a_question_that_was_not_answered_has_no_second_one_to_choose_in(talk: Conversation) -> None:
    token = await ask(talk)
    talk.api.tap(1001, 1, f"q:{token}:friend")
    await talk.settle()
    assert await stored(talk) == []
    assert talk.api.answered[-1].text == "Эта кнопка больше не работает."


async def test_nothing_more_is_asked_where_the_shop_wants_nothing_more(talk: Conversation) -> None:
    talk.inbox = TelegramInbox(talk.database, talk.bot, Policy(), COMPANY)
    await answer(talk, 9)
    assert (len(talk.texts()), await stored(talk)) == (2, [])


async def test_the_choice_is_exported_and_in_the_persons_own_data(talk: Conversation) -> None:
    token = await answer(talk, 9)
    async with talk.database.read() as connection:
        view = await anext(response_view(one) async for one in stream_responses(connection, None, None))
    assert [view[key] for key in ("second_question", "second_choice", "acquisition")] == ["source", None, None]
    talk.api.tap(1001, 3, f"q:{token}:friend")
    await talk.settle()
    async with talk.database.read() as connection:
        view = await anext(response_view(one) async for one in stream_responses(connection, None, None))
        customer_id = (await connection.execute(select(Customer.id))).scalar_one()
        mydata = mydata_text(await read_mydata(connection, customer_id), COMPANY, "ru", {})
    assert [view[key] for key in ("second_question", "second_choice", "acquisition")] == ["source", "friend", "earned"]
    assert "- 18.11.2026 15:00, Как вы о нас узнали? Посоветовали знакомые\n" in mydata


async def test_the_choice_of_somebody_erased_stays_a_figure_and_the_button_is_dead(talk: Conversation) -> None:
    token = await answer(talk, 9)
    talk.api.tap(1001, 3, f"q:{token}:friend")
    await talk.settle()
    talk.api.tap(1001, 1, "f:yes")
    await talk.settle()
    talk.api.tap(1001, 3, f"q:{token}:search")
    await talk.settle()
    assert await stored(talk) == [("source", "friend")]
    assert talk.api.answered[-1].text == "Эта кнопка больше не работает."
    async with talk.database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(SecondAnswer))).scalar_one() == 1


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"new_days": -1}, "survey.second.new_days: -1.0 must be from 0 to 36500 days"),
        ({"again_days": 1e9}, "survey.second.again_days: 1000000000.0 must be from 0 to 36500 days"),
        ({"sauce": True}, "unknown setting survey.second.sauce; did you mean survey.second.source?"),
        ({"source": "perhaps"}, "survey.second.source cannot be used"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object], wrong: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_settings({"survey": {"second": settings}}, "config.toml")
    assert wrong in str(error.value)
