"""Updates take effect in order within a chat, and what fails holds up nobody but its own chat."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from bot.telegram.processing import FIRST_WAIT, MOST_ATTEMPTS, TOGETHER
from storage.database import Database
from storage.models import InboxUpdate, Invitation, Response
from storage.statuses import InboxStatus
from tests.flow.conversation import Conversation
from tests.flow.world import NOW, ask_customer

CUSTOMERS = TOGETHER + 4  # more than one transaction takes
FIRST = 1001
BROKEN = {"message_id": 5, "chat": {"id": FIRST, "type": "private"}}  # a message without a date


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        for number in range(CUSTOMERS):
            api.add_user(FIRST + number)
        yield Conversation(database, api, bot)


async def ask_everybody(database: Database) -> dict[int, str]:
    """{chat: token}."""
    async with database.begin() as connection:
        return {FIRST + number: (await ask_customer(connection, str(number + 1))).token for number in range(CUSTOMERS)}


async def scores(database: Database) -> dict[str, int]:
    async with database.read() as connection:
        rows = await connection.execute(select(Invitation.token, Response.score).join_from(Response, Invitation))
        return {row.token: row.score for row in rows}


async def test_one_that_fails_takes_no_other_with_it_and_the_rest_of_its_chat_waits(
    talk: Conversation, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    tokens = await ask_everybody(database)
    talk.api.push({"message": BROKEN})
    for chat, token in tokens.items():
        talk.api.tap(chat, 1, f"s:{token}:{chat % 11}")
    assert await talk.settle() == CUSTOMERS - 1
    assert await scores(database) == {token: chat % 11 for chat, token in tokens.items() if chat != FIRST}
    assert len(talk.api.answered) == CUSTOMERS - 1
    now = NOW
    for tries in range(1, MOST_ATTEMPTS):
        assert await talk.inbox.process_pending(now) == 0
        now += FIRST_WAIT * 2**tries
        assert await talk.inbox.process_pending(now) == (1 if tries == MOST_ATTEMPTS - 1 else 0)
    assert (await scores(database))[tokens[FIRST]] == FIRST % 11
    async with database.read() as connection:
        dead = select(InboxUpdate.error, InboxUpdate.attempts).where(InboxUpdate.status == InboxStatus.DEAD)
        [letter] = await connection.execute(dead)
    assert (letter.attempts, "date" in letter.error) == (MOST_ATTEMPTS, True)


async def test_taps_of_one_chat_count_in_the_order_in_which_they_came(talk: Conversation, database: Database) -> None:
    tokens = await ask_everybody(database)
    for score in (3, 9, 5, 10):
        talk.api.tap(FIRST, 1, f"s:{tokens[FIRST]}:{score}")
    assert await talk.settle(NOW + timedelta(seconds=30)) == 4
    assert await scores(database) == {tokens[FIRST]: 10}
    assert [answer.text for answer in talk.api.answered] == [
        f"Спасибо! Ваша оценка: {score}" for score in (3, 9, 5, 10)
    ]
