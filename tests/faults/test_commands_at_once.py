"""The same command twice at the same moment: the work is done once, and each process says what it did.

Both are held where they are about to write, then let go together.
"""

import asyncio
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from bot.loopback.bot_api import BotApiServer
from scheduler.asking.campaigning import create
from storage.database import Database
from storage.models import Invitation
from tests.faults.books import figures
from tests.faults.programs import Ended, run_to_end
from tests.faults.shop import CAMPAIGN, chat_of, load_settings_of, outcomes, take_shop_in, write_config
from tests.flow.campaigning import draft

pytestmark = pytest.mark.system

PEOPLE = 36
LIMIT = 12  # of the daily round
MANAGERS = -100
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
MOMENT = 0.5  # seconds from opening an SQLite file to writing; a shorter one would only make the two less close


async def test_two_picks_at_once_keep_the_daily_limit_and_ask_nobody_twice(database: Database, tmp_path: Path) -> None:
    async with asyncio.timeout(60), BotApiServer() as api:
        config = write_config(tmp_path, database, api=api, daily_limit=LIMIT)
        await take_shop_in(database, tmp_path, PEOPLE)
        picked = [figures(ended)["picked"] for ended in await twice_at_once(database, config, "pick", "--json")]
    assert sum(picked) == LIMIT
    assert Counter((await outcomes(database)).values()) == {"queued": LIMIT}


async def test_two_digests_posted_at_once_are_one_in_the_channel(database: Database, tmp_path: Path) -> None:
    async with asyncio.timeout(60), BotApiServer() as api:
        api.add_channel(MANAGERS, "Managers")
        config = write_config(tmp_path, database, api=api, chat=str(MANAGERS))
        both = await twice_at_once(database, config, "digest", "--post", "--json")
    assert sorted(figures(ended)["posted"] for ended in both) == [False, True]
    assert sum("was posted before" in ended.stderr for ended in both) == 1
    assert Counter((sent.chat_id, sent.method) for sent in api.sent) == {
        (MANAGERS, "sendPhoto"): 1,
        (MANAGERS, "sendMessage"): 1,
    }


async def test_of_two_who_start_a_campaign_at_once_one_does_and_the_other_is_told(
    database: Database, tmp_path: Path
) -> None:
    async with asyncio.timeout(60), BotApiServer() as api:
        config = write_config(tmp_path, database, api=api)
        await take_shop_in(database, tmp_path, PEOPLE)
        settings = load_settings_of(tmp_path)
        await create(database, draft(CAMPAIGN, channels=("telegram",)), settings.survey, datetime.now(UTC))
        both = await twice_at_once(database, config, "campaigns", "start", CAMPAIGN, "--json")
    [winner, loser] = sorted(both, key=lambda ended: ended.status)
    assert figures(winner)["queued"] == PEOPLE
    assert loser.status == 1
    assert CAMPAIGN in loser.stderr
    assert "Traceback" not in loser.stderr
    assert len(loser.stderr.splitlines()) == 1
    assert await outcomes(database) == {chat_of(number): "queued" for number in range(1, PEOPLE + 1)}
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(Invitation)) == PEOPLE


async def twice_at_once(database: Database, config: Path, *arguments: str) -> list[Ended]:
    """Two processes with the same command, which write for the first time at the same moment."""
    async with asyncio.TaskGroup() as group, database.begin() as connection:
        if not database.is_sqlite:  # where every writer waits for the one who has begun
            await connection.execute(text("LOCK TABLE campaign, claimed_period IN EXCLUSIVE MODE"))
        runs = [group.create_task(run_to_end(config, *arguments)) for _ in range(2)]
        while await count_held_back(database) < 2:
            assert not any(run.done() for run in runs)
            await asyncio.sleep(0.05)
        if database.is_sqlite:
            await asyncio.sleep(MOMENT)
    return [run.result() for run in runs]


async def count_held_back(database: Database) -> int:
    """Processes that wait for us; on SQLite, which tells nothing of them, those that have opened the file."""
    if database.path is None:
        async with database.read() as connection:
            return int(await connection.scalar(text(WAITING)) or 0)
    return sum(has_open(process, database.path) for process in Path("/proc").glob("[0-9]*"))


def has_open(process: Path, file: Path) -> bool:
    """Whether another process has the file open; one that has ended meanwhile has not."""
    if process.name == str(os.getpid()):
        return False
    try:
        return any(handle.resolve() == file for handle in (process / "fd").iterdir())
    except OSError:
        return False
