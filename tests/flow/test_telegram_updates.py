"""Updates into the inbox: nothing is confirmed before it is stored, and nothing that Telegram does stops the loop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from telegram.error import TelegramError

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import ShopBot, connect
from bot.telegram.updates import NOTED_AFTER, poll_once, run_polling
from storage.database import Database
from storage.dead_letters import dead_updates
from storage.inbox import first_due
from storage.models import InboxUpdate
from tests.postgres import CUT_LOCKS

ANNA = 1001
TOO_LARGE = 99999999999999999999999


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    async with BotApiServer() as server:
        server.add_user(ANNA)
        yield server


@pytest.fixture
async def bot(api: BotApiServer) -> AsyncIterator[ShopBot]:
    async with connect(TelegramSettings(token=api.token, api_url=api.url)) as connected:
        yield connected


class Listener(logging.Handler):
    """Tells that something was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.set()


async def poll(database: Database, bot: ShopBot, offset: int | None = None) -> int | None:
    return await poll_once(database, bot, offset, wait=0)


async def stored(database: Database) -> list[tuple[int, str]]:
    async with database.read() as connection:
        rows = await connection.execute(select(InboxUpdate.update_id, InboxUpdate.chat).order_by(InboxUpdate.position))
        return [(row.update_id, row.chat) for row in rows]


@asynccontextmanager
async def polling(
    database: Database, bot: ShopBot, note: Callable[[str], None] = lambda _: None
) -> AsyncIterator[asyncio.Event]:
    arrived = asyncio.Event()
    task = asyncio.create_task(run_polling(database, bot, arrived, note, stand_by=0.05))
    try:
        async with asyncio.timeout(10):
            yield arrived
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_an_update_is_confirmed_only_after_it_was_stored(
    database: Database, api: BotApiServer, bot: ShopBot
) -> None:
    api.write(ANNA, "Здравствуйте")
    offset = await poll(database, bot)
    assert len(await stored(database)) == len(api.updates.waiting) == 1
    assert await poll(database, bot, offset) is None
    assert api.updates.waiting == []


async def test_what_could_not_be_stored_stays_with_telegram(api: BotApiServer, bot: ShopBot, tmp_path: Path) -> None:
    without_tables = Database(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    api.write(ANNA, "Здравствуйте")
    with pytest.raises(Exception, match="no such table"):
        await poll(without_tables, bot)
    await without_tables.close()
    assert len(api.updates.waiting) == 1


async def test_a_program_that_dies_before_confirming_gets_the_same_again_and_stores_it_once(
    database: Database, api: BotApiServer, bot: ShopBot
) -> None:
    api.write(ANNA, "раз")
    await poll(database, bot)
    api.write(ANNA, "два")
    await poll(database, bot)  # no offset: the program has started anew
    assert len(await stored(database)) == 2


async def test_after_an_idle_week_smaller_numbers_come_in_too(
    database: Database, api: BotApiServer, bot: ShopBot
) -> None:
    api.push({"update_id": 900_000_000, "message": {"chat": {"id": 1}}})
    offset = await poll(database, bot, await poll(database, bot))
    api.push({"update_id": 5, "message": {"chat": {"id": 1}}})
    assert await poll(database, bot, offset) == 6
    assert await stored(database) == [(900_000_000, "1"), (5, "1")]


async def test_a_malformed_update_takes_no_other_with_it_and_is_in_no_chats_way(
    database: Database, api: BotApiServer, bot: ShopBot
) -> None:
    odd: list[dict[str, Any]] = [
        {"message": "x"},
        {"callback_query": {"message": None, "from": {"id": "7"}}},
        {},
        {"message": {"chat": []}},
    ]
    numbers = [api.push(update) for update in odd]
    last = api.push({"callback_query": {"message": {"chat": {"id": 1001}}}})
    await poll(database, bot)
    assert await stored(database) == [*((number, f"update:{number}") for number in numbers), (last, "1001")]


async def test_what_no_database_takes_is_a_dead_letter_and_its_batch_goes_on(
    database: Database, api: BotApiServer, bot: ShopBot, caplog: pytest.LogCaptureFixture
) -> None:
    secret = {"chat": {"id": ANNA}, "text": "Анна Петрова"}
    api.updates.waiting += [
        {"update_id": 1, "message": secret},
        {"update_id": TOO_LARGE, "message": secret},
        {"update_id": 2, "message": {**secret, "x": float("nan")}},
        {"update_id": 3, "message": {**secret, "x": float("-inf")}},
        {"update_id": 4, "message": {**secret, "text": "\x00"}},
    ]
    offset = await poll(database, bot)
    assert offset == 5
    assert await stored(database) == [(number, str(ANNA)) for number in (1, 2, 3, 4)]
    async with database.read() as connection:
        dead = await dead_updates(connection)
        assert [update.update_id for update in await first_due(connection, datetime.now(UTC), 9)] == [1]
    assert [one.update_id for one in dead if "cannot be stored" in str(one.error)] == [2, 3]
    assert "number does not fit" in caplog.text
    assert "update 2 is a dead letter" in caplog.text
    assert "Анна" not in caplog.text


async def test_a_number_that_fits_nowhere_confirms_nothing_below_it_and_goes_when_it_is_alone(
    database: Database, api: BotApiServer, bot: ShopBot
) -> None:
    api.updates.waiting += [{"update_id": TOO_LARGE}, {"update_id": 7}]
    offset = await poll(database, bot)
    api.updates.waiting.append({"update_id": 8})
    offset = await poll(database, bot, offset)
    assert [number for number, _ in await stored(database)] == [7, 8]
    offset = await poll(database, bot, offset)
    assert await poll(database, bot, offset) is None
    assert api.updates.waiting == []


async def test_an_answer_without_a_single_number_is_an_error(
    database: Database, api: BotApiServer, bot: ShopBot
) -> None:
    api.updates.waiting.append({"update_id": 1.5, "message": {}})
    with pytest.raises(TelegramError, match="no number"):
        await poll(database, bot)


async def test_the_loop_removes_a_webhook_that_was_left_behind(
    database: Database, api: BotApiServer, bot: ShopBot
) -> None:
    await bot.set_webhook("http://127.0.0.1:9/telegram")
    async with polling(database, bot):
        await api.wait_for(lambda: api.calls["getUpdates"] >= 2)
    assert api.webhook is None


async def test_the_loop_survives_refusals_and_cuts_and_says_so_without_the_token(
    database: Database, api: BotApiServer, bot: ShopBot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    api.cut("getUpdates", accepted=False)
    api.write(ANNA, "Здравствуйте")
    async with polling(database, bot) as arrived:
        await arrived.wait()
    assert len(await stored(database)) == 1
    assert "no updates, next try in 1 s" in caplog.text
    assert bot.token not in caplog.text


async def test_a_refused_token_is_said_in_words_that_help(
    database: Database, api: BotApiServer, bot: ShopBot, caplog: pytest.LogCaptureFixture
) -> None:
    api.fail("getUpdates", status=401)
    listener, logger = Listener(), logging.getLogger("bot.telegram.updates")
    logger.addHandler(listener)
    noted: list[str] = []
    async with polling(database, bot, noted.append):
        await listener.heard.wait()
    logger.removeHandler(listener)
    assert noted == ["the Bot API refuses the token: put the one from @BotFather into telegram.token"]
    assert "next try in 60 s" in caplog.text
    assert "put the one from @BotFather into telegram.token" in caplog.text


async def test_what_keeps_failing_is_noted_until_it_is_well(
    database: Database, api: BotApiServer, bot: ShopBot
) -> None:
    for _ in range(NOTED_AFTER):
        api.fail("getUpdates", status=502)
    api.write(ANNA, "Здравствуйте")
    noted: list[str] = []
    async with polling(database, bot, noted.append) as arrived:
        await arrived.wait()
    wrong, well = noted[:2]
    assert ("502" in wrong or "Bad Gateway" in wrong, well) == (True, "")


async def test_of_two_programs_on_one_database_one_fetches_and_the_other_takes_over(
    database: Database, api: BotApiServer, bot: ShopBot, caplog: pytest.LogCaptureFixture
) -> None:
    if database.is_sqlite:
        pytest.skip("one program runs on an SQLite database")
    caplog.set_level(logging.INFO)
    async with polling(database, bot) as second:
        async with polling(database, bot) as first:  # whichever of them fetches
            api.write(ANNA, "раз")
            done, waiting = await asyncio.wait(
                [asyncio.create_task(one.wait()) for one in (first, second)], return_when=asyncio.FIRST_COMPLETED
            )
            assert len(done) == 1
            for task in waiting:
                task.cancel()
            assert caplog.text.count("standing by") == 1
        second.clear()
        api.write(ANNA, "два")
        await second.wait()
    assert len(await stored(database)) == 2
    assert "only one program at a time" not in caplog.text


async def test_whoever_lost_the_connection_that_held_the_lock_fetches_again(
    database: Database, api: BotApiServer, bot: ShopBot
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no connections that can be lost")
    async with polling(database, bot) as arrived:
        api.write(ANNA, "раз")
        await arrived.wait()
        arrived.clear()
        async with database.begin() as connection:
            await connection.exec_driver_sql(CUT_LOCKS)
        api.write(ANNA, "два")
        await arrived.wait()
        api.write(ANNA, "три")
        arrived.clear()
        await arrived.wait()
    assert len(await stored(database)) == 3
