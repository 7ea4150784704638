"""The inbox: each update stored once, taken in order within its chat, settled together with its effects."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from storage import inbox
from storage.database import Connection, Database
from storage.inbox import ReceivedUpdate
from storage.models import InboxUpdate
from storage.statuses import InboxStatus

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


def received(update_id: int, chat: str = "1") -> ReceivedUpdate:
    return ReceivedUpdate(update_id=update_id, chat=chat, body={"update_id": update_id, "text": "\x00 \ud800 ё"})


async def store(database: Database, *updates: ReceivedUpdate, now: datetime = NOW) -> int:
    async with database.begin() as connection:
        return await inbox.store_updates(connection, updates, now)


async def due(connection: Connection, now: datetime = NOW, limit: int = 100) -> list[int]:
    return [update.update_id for update in await inbox.first_due(connection, now, limit)]


async def finish(database: Database, update_id: int, now: datetime = NOW) -> bool:
    async with database.begin() as connection:
        return await inbox.finish_update(connection, update_id, now)


async def fail(database: Database, update_id: int) -> None:
    async with database.begin() as connection:
        assert await inbox.finish_update(connection, update_id, NOW)
        raise ZeroDivisionError


async def test_an_update_is_stored_once_however_often_it_comes(database: Database) -> None:
    assert await store(database, received(5), received(6), received(5)) == 2
    assert await store(database, received(6), received(7)) == 1
    assert await finish(database, 5)
    assert await store(database, received(5)) == 0
    assert await store(database) == 0


async def test_an_update_comes_back_as_it_was_received(database: Database) -> None:
    await store(database, received(5))
    async with database.read() as connection:
        (update,) = await inbox.first_due(connection, NOW, 10)
    assert update.body == received(5).body
    assert (update.chat, update.attempts) == ("1", 0)


async def test_only_the_first_of_each_chat_is_taken_by_arrival_not_by_number(database: Database) -> None:
    await store(database, received(900, "1"), received(901, "2"), received(902, "1"))
    await store(database, received(3, "2"), received(4, "3"))  # numbers began again at random
    async with database.read() as connection:
        assert await due(connection) == [900, 901, 4]
        assert await due(connection, limit=2) == [900, 901]
    assert await finish(database, 901)
    async with database.read() as connection:
        assert await due(connection) == [900, 3, 4]


async def test_nobody_finishes_an_update_twice_or_before_an_earlier_one(database: Database) -> None:
    await store(database, received(1), received(2))
    assert not await finish(database, 2)
    assert await finish(database, 1)
    assert not await finish(database, 1)
    assert await finish(database, 2)


async def test_two_processes_at_once_process_an_update_once(database: Database) -> None:
    await store(database, *(received(number) for number in range(20)))
    taken: list[int] = []

    async def process() -> None:
        for number in range(20):
            async with database.begin() as connection:
                if await inbox.finish_update(connection, number, NOW):
                    taken.append(number)

    await asyncio.gather(process(), process(), process())
    assert taken == list(range(20))


async def test_a_failure_puts_the_update_back_and_its_chat_waits_behind_it(database: Database) -> None:
    await store(database, received(1), received(2), received(3, "other"))
    with pytest.raises(ZeroDivisionError):
        await fail(database, 1)
    async with database.begin() as connection:
        assert await due(connection) == [1, 3]
        await inbox.put_off(connection, 1, due_at=NOW + timedelta(seconds=2), error="no")
        assert await due(connection) == [3]
        assert await due(connection, NOW + timedelta(seconds=2)) == [1, 3]
        (again, _) = await inbox.first_due(connection, NOW + timedelta(seconds=2), 10)
        assert again.attempts == 1


async def test_a_dead_letter_is_kept_and_its_chat_goes_on(database: Database) -> None:
    await store(database, received(1), received(2))
    async with database.begin() as connection:
        await inbox.mark_dead(connection, 1, error="KeyError: 'x'")
        assert await due(connection) == [2]
        assert await inbox.count_updates(connection) == {InboxStatus.DEAD: 1, InboxStatus.PENDING: 1}
        assert not await inbox.finish_update(connection, 1, NOW)


async def test_only_what_was_done_long_ago_is_forgotten(database: Database) -> None:
    await store(database, *(received(number, str(number)) for number in range(4)))
    await finish(database, 0, NOW - timedelta(hours=49))
    await finish(database, 1, NOW - timedelta(hours=47))
    async with database.begin() as connection:
        await inbox.mark_dead(connection, 2, error="no")
        assert await inbox.purge_done(connection, NOW - timedelta(hours=48)) == 1
        left = (await connection.execute(select(InboxUpdate.update_id).order_by(InboxUpdate.update_id))).scalars().all()
    assert left == [1, 2, 3]
