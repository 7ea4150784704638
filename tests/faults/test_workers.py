"""Several programs on one PostgreSQL: they share the rate and the work, and one that dies is made up for."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.loopback.bot_api import BotApiServer
from bot.loopback.messages import Sent
from storage.database import Database
from storage.models import Invitation, OutboxMessage, Response, Sender
from storage.models.base import Base
from tests.faults.programs import program, said
from tests.faults.shop import (
    add_chats,
    chat_of,
    is_question,
    outcomes,
    questions,
    start_campaign,
    take_shop_in,
    tally,
    write_config,
)
from tests.faults.test_sending_survives_kill import free_port
from tests.flow.world import ask_customer

pytestmark = [
    pytest.mark.system,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),  # SQLite has one sender
]

PEOPLE = 480
RATE = 40
BURST = 20  # what is late by up to half a second comes on top of what is due
PLACES = 16  # hand-overs under way in one program
MANAGERS = -100500
LIMIT = 12  # of the daily round


async def test_of_three_workers_one_is_killed_and_everybody_is_asked_once_at_the_rate(
    database: Database, tmp_path: Path
) -> None:
    async with asyncio.timeout(120), BotApiServer(rate_per_second=RATE + BURST) as api, AsyncExitStack() as stack:
        config = write_config(tmp_path, database, api=api, rate=RATE)
        add_chats(api, PEOPLE)
        workers = [await stack.enter_async_context(program(config, "worker")) for _ in range(3)]
        await until(lambda: count(database, Sender), 3)
        await start_campaign(database, tmp_path, PEOPLE, "telegram")
        await api.wait_for(lambda: len(api.sent) >= PEOPLE // 3, 60)
        workers[0].kill()
        begun = datetime.now(UTC)
        await until(lambda: count_over(database), PEOPLE)
        took = datetime.now(UTC) - begun
        for one in workers[1:]:
            one.terminate()
            assert await one.wait() == 0, said(config)
    ends, arrived = await outcomes(database), questions(api)
    assert set(ends) == {chat_of(number) for number in range(1, PEOPLE + 1)}
    assert max(arrived.values()) == 1
    unknown = {chat for chat, status in ends.items() if status == "unknown"}
    assert {chat for chat, status in ends.items() if status == "sent"} | unknown == set(ends)
    assert set(ends) - set(arrived) <= unknown
    assert len(unknown) <= PLACES
    assert api.rate.refused == 0
    assert took < timedelta(seconds=3 * PEOPLE / RATE), "the others take over within seconds"


async def test_of_two_whole_programs_one_picks_posts_and_fetches_and_the_other_takes_over(
    database: Database, tmp_path: Path
) -> None:
    async with asyncio.timeout(120), BotApiServer() as api, AsyncExitStack() as stack:
        config = write_config(tmp_path, database, api=api, rate=200, daily_limit=LIMIT, chat=str(MANAGERS))
        api.add_group(MANAGERS, "Managers")
        add_chats(api, PEOPLE)
        await take_shop_in(database, tmp_path, 3 * LIMIT)
        async with database.begin() as connection:  # somebody was asked before last week ended: there is a digest
            await ask_customer(connection, "900", queued_at=datetime.now(UTC) - timedelta(days=20))
        ports = [free_port() for _ in range(2)]
        runs = [
            await stack.enter_async_context(program(config, "run", environment={"MOLVA_WEB__PORT": str(port)}))
            for port in ports
        ]
        await api.wait_for(lambda: len(questions(api)) >= LIMIT and api.calls["getUpdates"], 60)
        await until(lambda: count(database, Sender), 2)
        await answer(api, database, 1)
        assert [refused for refused in api.refused if refused.status == 409] == [], "two fetched at once"
        assert said(config).count("standing by") == 1
        await api.wait_for(lambda: pictures(api), 60)  # or the kill might be what keeps the digest back for a while
        runs[0].kill()
        await answer(api, database, 2)
        runs[1].terminate()
        assert await runs[1].wait() == 0, said(config)
    assert len(questions(api)) == LIMIT
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(Invitation)) == LIMIT + 1
        digests = select(func.count()).where(OutboxMessage.kind == "digest")
        assert await connection.scalar(digests) == 1
    assert len(pictures(api)) == 1


def pictures(api: BotApiServer) -> list[Sent]:
    """The digests that the managers' group has got."""
    return [sent for sent in api.sent if sent.method == "sendPhoto" and sent.chat_id == MANAGERS]


async def answer(api: BotApiServer, database: Database, number: int) -> None:
    """One who was asked taps a score, which is stored before long: whoever fetches it."""
    asked = [sent for sent in api.sent if is_question(sent)][number - 1]
    api.tap(asked.chat_id, asked.message_id, asked.buttons[9]["callback_data"])
    await until(lambda: count(database, Response), number)


async def until(look: Callable[[], Awaitable[int]], wanted: int) -> None:
    """Returns once so many are there; the test's time limit ends it otherwise."""
    while True:
        if await look() >= wanted:
            return
        await asyncio.sleep(0.1)


async def count(database: Database, model: type[Base]) -> int:
    """Rows of a table."""
    async with database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(model))).scalar_one()


async def count_over(database: Database) -> int:
    """Deliveries of which nothing more comes."""
    by_status = await tally(database)
    return by_status["sent"] + by_status["unknown"]
