"""PostgreSQL goes away in mid-campaign and comes back: everything goes on, nothing is doubled, nothing is lost."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bot.loopback.bot_api import BotApiServer
from storage.database import Database
from tests.faults.answering import Answers, stored, tapping
from tests.faults.books import balanced
from tests.faults.postgres_server import OwnServer, own_server
from tests.faults.programs import program, run_to_end, said
from tests.faults.shop import add_chats, chat_of, outcomes, questions, start_campaign, write_config
from tests.faults.test_sending_survives_kill import free_port

pytestmark = pytest.mark.system

PEOPLE = 400
RATE = 40
PLACES = 16  # hand-overs under way in one program
SHARE = 0.2  # of those asked answer at once


@asynccontextmanager
async def opened(server: OwnServer) -> AsyncIterator[Database]:
    """The database as the test looks at it; to be opened anew after a restart."""
    database = Database(server.url)
    try:
        yield database
    finally:
        await database.close()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_run_and_worker_go_on_after_a_restart(tmp_path: Path, mode: str) -> None:
    async with asyncio.timeout(150), own_server() as server, BotApiServer() as api:
        async with opened(server) as database:
            port = free_port()
            config = write_config(tmp_path, database, api=api, rate=RATE, port=port)
            add_chats(api, PEOPLE)
            await start_campaign(database, tmp_path, PEOPLE, "telegram")
        answers = Answers(random.Random(mode), SHARE)
        async with program(config, "run") as run, program(config, "worker") as worker, tapping(api, answers):
            await api.wait_for(lambda: len(questions(api)) >= PEOPLE // 4, 60)
            await server.stop(mode)
            assert await health(port) == 503
            await server.start()
            async with opened(server) as database:
                await until_over(database, answers)
            await until_well(port)
            for process in (run, worker):
                process.terminate()
                assert await process.wait() == 0, said(config)
        async with opened(server) as database:
            ends, kept = await outcomes(database), await stored(database)
    arrived = questions(api)
    assert set(ends) == {chat_of(number) for number in range(1, PEOPLE + 1)}
    assert max(arrived.values()) == 1
    unknown = {chat for chat, status in ends.items() if status == "unknown"}
    assert set(ends) - set(arrived) <= unknown
    assert len(unknown) <= 2 * PLACES
    assert kept == answers.given == answers.meant
    assert len(kept) > PEOPLE * SHARE / 4


async def test_a_command_in_whose_middle_the_server_stops_says_so_and_is_completed_by_repeating_it(
    tmp_path: Path,
) -> None:
    people = 100
    async with asyncio.timeout(90), own_server() as server, BotApiServer() as api:
        async with opened(server) as database:
            config = write_config(tmp_path, database, api=api, rate=RATE)
            add_chats(api, people)
            await start_campaign(database, tmp_path, people, "telegram")
        sending = asyncio.create_task(run_to_end(config, "send", "--drain"))
        await api.wait_for(lambda: len(questions(api)) >= people // 4, 60)
        await server.stop()
        ended = await sending
        assert ended.status == 1
        assert "molva: the database went away" in ended.stderr
        assert "Traceback" not in ended.stderr
        await server.start()
        ended = await run_to_end(config, "send", "--drain")
        assert ended.status == 0, ended.stderr
        async with opened(server) as database:
            over = await balanced(database, questions(api))
    assert len(over["sent"]) + len(over.get("unknown", ())) == people
    assert len(over.get("unknown", ())) <= PLACES


async def until_over(database: Database, answers: Answers) -> None:
    """Returns once nothing waits, neither to be handed over nor to be stored; the time limit ends it otherwise."""
    while True:
        is_sent = set((await outcomes(database)).values()) <= {"sent", "unknown"}
        if is_sent and len(await stored(database)) == len(answers.meant):
            return
        await asyncio.sleep(0.3)


async def until_well(port: int) -> None:
    """What failed meanwhile is tried again soon, not at its next time."""
    async with asyncio.timeout(75):
        while await health(port) != 200:  # noqa: ASYNC110  it has no bell
            await asyncio.sleep(0.5)


async def health(port: int) -> int:
    """The status of the program's own report."""
    async with httpx.AsyncClient(timeout=20) as browser:
        return (await browser.get(f"http://127.0.0.1:{port}/healthz")).status_code
