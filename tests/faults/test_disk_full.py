"""A full disk under SQLite: every command says so and leaves nothing half done; with space again everything goes on.

The disk is full for a process that may not write any file beyond a size (RLIMIT_FSIZE).
"""

import asyncio
import os
import resource
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.loopback.bot_api import BotApiServer
from bot.telegram.keyboard import score_keyboard
from storage.database import Database
from storage.models import Customer, Delivery, Invitation, Response, Sale
from storage.models.base import Base
from tests.faults.answering import stored
from tests.faults.books import balanced
from tests.faults.programs import Ended, program, run_to_end, said
from tests.faults.shop import (
    add_chats,
    chat_of,
    outcomes,
    questions,
    start_campaign,
    take_shop_in,
    write_config,
)
from tests.faults.test_sending_survives_kill import free_port
from tests.flow.taking_in import sale, write
from tests.flow.world import ask_customer

pytestmark = [pytest.mark.system, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

PLACES = 16  # hand-overs under way in one program
FULL = "its disk is full"


async def test_an_import_that_ran_out_of_space_is_completed_by_repeating_it(database: Database, tmp_path: Path) -> None:
    count = 4_000
    config = write_config(tmp_path, database)
    file = write(tmp_path / "big.csv", [sale(f"S{n}", str(n)) for n in range(count)])
    await database.close()  # its log is folded into the file
    async with asyncio.timeout(120):
        for size in (100_000, 400_000, 1_000_000):
            assert_full(await run_to_end(config, "sales", "import", str(file), file_size=size))
        ended = await run_to_end(config, "sales", "import", str(file))
    assert ended.status == 0, ended.stderr
    assert (await size_of(database, Sale), await size_of(database, Customer)) == (count, count)


async def test_a_pick_that_runs_out_of_space_leaves_nobody_half_asked(database: Database, tmp_path: Path) -> None:
    people = 300
    async with asyncio.timeout(60), BotApiServer() as api:
        config = write_config(tmp_path, database, api=api, daily_limit=people)
        await take_shop_in(database, tmp_path, people)
        await database.close()
        assert_full(await run_to_end(config, "pick", file_size=100_000))
        assert await size_of(database, Invitation) == await size_of(database, Delivery) < people
        ended = await run_to_end(config, "pick")
    assert ended.status == 0, ended.stderr
    assert await outcomes(database) == {chat_of(number): "queued" for number in range(1, people + 1)}


async def test_nothing_is_handed_over_whose_mark_found_no_space(database: Database, tmp_path: Path) -> None:
    people = 600
    async with asyncio.timeout(90), BotApiServer() as api:
        config = write_config(tmp_path, database, api=api)
        add_chats(api, people)
        await start_campaign(database, tmp_path, people, "telegram")
        await database.close()
        assert_full(await run_to_end(config, "send", "--drain", file_size=300_000))
        arrived, ends = questions(api), await outcomes(database)
        assert 0 < len(arrived) < people
        assert {ends[chat] for chat in arrived} <= {"sending", "sent"}
        assert {chat for chat, end in ends.items() if end == "sent"} <= set(arrived)
        ended = await run_to_end(config, "send", "--drain")
    assert ended.status == 0, ended.stderr
    over = await balanced(database, questions(api))
    assert len(over["sent"]) + len(over.get("unknown", ())) == people
    assert len(over.get("unknown", ())) <= PLACES


async def test_a_tap_that_found_no_space_stays_with_telegram_until_there_is_some(
    database: Database, tmp_path: Path
) -> None:
    people, early = 12, 4
    async with asyncio.timeout(90), BotApiServer() as api:
        config = write_config(tmp_path, database, api=api, port=free_port())
        taps = [await asked(database, api, number) for number in range(1, people + 1)]
        async with program(config, "run") as process:
            for tap in taps[:early]:
                api.tap(*tap)
            await until_stored(database, early)
            fill_disk(process, database)
            for tap in taps[early:]:
                api.tap(*tap)
            seen = api.calls["getUpdates"]
            await api.wait_for(lambda: api.calls["getUpdates"] >= seen + 3, 60)
            assert len(api.updates.waiting) == people - early, "none of them was confirmed"
            assert len(await stored(database)) == early
            assert FULL in said(config)
            assert "Traceback" not in said(config)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            await until_stored(database, people)
            process.terminate()
            assert await process.wait() == 0, said(config)
        assert api.updates.waiting == []
    assert await size_of(database, Response) == people


def assert_full(ended: Ended) -> None:
    """It failed, and says in a line what, where and what to do."""
    assert ended.status == 1
    [line] = [line for line in ended.stderr.splitlines() if line.startswith("molva: ")]
    assert FULL in line
    assert "molva.db" in line
    assert "Make space" in line
    assert "Traceback" not in ended.stderr


def fill_disk(process: asyncio.subprocess.Process, database: Database) -> None:
    """From here on the process can write its log, and nothing where the database goes on."""
    limit = 48 * 1024
    assert os.stat(f"{database.path}-wal").st_size > limit
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


async def asked(database: Database, api: BotApiServer, number: int) -> tuple[int, int, str]:
    """A customer who has the question before them: chat, message and data of a tap."""
    async with database.begin() as connection:
        token = (await ask_customer(connection, str(number))).token
    chat = api.add_user(int(chat_of(number)))
    message = api.keep(chat, api.me, is_own=True, text="…?", reply_markup=score_keyboard(token).to_dict())
    return int(chat_of(number)), message.message_id, f"s:{token}:9"


async def until_stored(database: Database, count: int) -> None:
    """The test's time limit ends it otherwise."""
    while True:
        if len(await stored(database)) >= count:
            return
        await asyncio.sleep(0.1)


async def size_of(database: Database, model: type[Base]) -> int:
    """Rows of a table."""
    async with database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(model))).scalar_one()
