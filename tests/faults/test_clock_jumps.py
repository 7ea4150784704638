"""The system clock jumps in mid-run: sending goes on within seconds, nobody is asked twice, the digest comes once.

The processes' clock is libfaketime's (of Debian's package `faketime`), without its monotonic part, which no jump moves;
SQLite's clock is the process's, PostgreSQL's stays right.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.loopback.bot_api import BotApiServer
from bot.loopback.mail_server import MailServer
from bot.shop import channels_on
from scheduler.asking.picking import pick
from storage.database import Database
from tests.faults.programs import program, said
from tests.faults.shop import (
    add_chats,
    chat_of,
    letters,
    load_settings_of,
    questions,
    start_campaign,
    take_shop_in,
    tally,
    write_config,
)

pytestmark = pytest.mark.system

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PER_DAY = 40
STALL = 5.0  # seconds without a message that are too many


class FakeClock:
    """The clock of the programs started with `environment`: so far from the real one."""

    def __init__(self, folder: Path) -> None:
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        assert found, "libfaketime is missing: apt-get install faketime"
        self._file = folder / "faketime"
        self.set(timedelta())
        self.environment = {
            "LD_PRELOAD": str(found[0]), "FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }  # fmt: skip

    def set(self, offset: timedelta) -> None:
        """From now on the programs' clock is so much ahead of the real one."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{offset.total_seconds():+.0f}\n", encoding="ascii")
        fresh.replace(self._file)


@pytest.fixture
def clock(tmp_path: Path) -> FakeClock:
    return FakeClock(tmp_path)


async def watch(count: Callable[[], int], wanted: int, process: asyncio.subprocess.Process) -> float:
    """Until so many have come; returns the longest time in which none came, in seconds."""
    loop = asyncio.get_running_loop()
    seen, last, longest = count(), loop.time(), 0.0
    while count() < wanted and process.returncode is None:
        await asyncio.sleep(0.01)
        if count() > seen:
            seen, last = count(), loop.time()
        longest = max(longest, loop.time() - last)
        assert longest < 2 * STALL, f"nothing comes any more after {seen}"
    return longest


@pytest.mark.parametrize("jump", [-HOUR, DAY], ids=["an hour back", "a day ahead"])
async def test_sending_goes_on_when_the_clock_jumps(
    database: Database, tmp_path: Path, clock: FakeClock, jump: timedelta
) -> None:
    count = 400
    async with asyncio.timeout(90), MailServer() as mail:
        config = write_config(tmp_path, database, mail=mail, rate=100)
        await start_campaign(database, tmp_path, count, "email")
        async with program(config, "send", "--drain", environment=clock.environment) as process:
            await mail.wait_for(lambda: len(mail.letters) >= 100, 30)
            clock.set(jump)
            stalled = await watch(lambda: len(mail.letters), count, process)
            assert await process.wait() == 0, said(config)
        print(f"stalled for {stalled:.2f} s")
        assert stalled < STALL
        assert max(letters(mail).values()) == 1
        assert await tally(database) == {"sent": count}


async def test_the_whole_program_goes_on_and_posts_the_digest_once(
    database: Database, tmp_path: Path, clock: FakeClock
) -> None:
    """From before the digest's time an hour back, to its time once more, and a day ahead, where a new round begins."""
    nine = this_monday_at_nine()
    start = nine - timedelta(seconds=10) - datetime.now(UTC)
    clock.set(start)
    async with asyncio.timeout(120), BotApiServer() as api:
        api.add_channel(-100, "Managers")
        add_chats(api, 3 * PER_DAY)
        config = write_config(tmp_path, database, api=api, rate=4, daily_limit=PER_DAY, chat="-100")
        await ask_last_week(database, tmp_path, nine - 7 * DAY)
        async with program(config, "run", environment=clock.environment) as process:
            await api.wait_for(lambda: digests(api), 30)
            standing = questions(api).total()
            clock.set(start - HOUR)
            stalled = await watch(lambda: questions(api).total(), standing + 20, process)
            clock.set(nine - timedelta(seconds=2) - datetime.now(UTC))
            stalled = max(stalled, await watch(lambda: questions(api).total(), 2 * PER_DAY, process))
            clock.set(start + DAY)
            stalled = max(stalled, await watch(lambda: questions(api).total(), 3 * PER_DAY, process))
            process.terminate()
            assert await process.wait() == 0, said(config)
        print(f"stalled for {stalled:.2f} s; {digests(api)} digest")
        assert stalled < STALL
        assert digests(api) == 1
        assert questions(api) == {chat_of(n + 1): 1 for n in range(3 * PER_DAY)}


def this_monday_at_nine() -> datetime:
    """The digest's time as it comes with the settings."""
    now = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    return now - timedelta(days=now.weekday())


async def ask_last_week(database: Database, folder: Path, then: datetime) -> None:
    """A first round's worth of customers waits since last week: there is something to tell of."""
    await take_shop_in(database, folder, 3 * PER_DAY, then)
    settings = load_settings_of(folder)
    picked = await pick(database, settings.survey, settings.company, channels_on(settings), then)
    assert picked.picked == PER_DAY


def digests(api: BotApiServer) -> int:
    """How many the managers have got."""
    return sum(1 for sent in api.sent if sent.method == "sendPhoto" and sent.chat_id == -100)
