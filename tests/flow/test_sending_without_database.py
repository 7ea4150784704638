"""A database that goes away in the middle of sending and is back in a moment: what is known by then is kept."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from scheduler.channel import Question
from storage.database import Database
from storage.models import Rate
from storage.statuses import DeliveryStatus
from tests.flow.channels import ListChannel
from tests.flow.test_sending import queue, rows, send

AWAY = 1.2  # seconds
PEOPLE = 60
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)  # fmt: skip


async def rename(database: Database, old: str, new: str) -> None:
    async with database.begin() as connection:
        await connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


async def go_away(database: Database) -> None:
    """Neither a lease nor a commit succeeds until the table is back."""
    await rename(database, "delivery", "elsewhere")
    await asyncio.sleep(AWAY)
    await rename(database, "elsewhere", "delivery")


async def is_anybody_waiting(database: Database) -> bool:
    async with database.read() as connection:
        return bool((await connection.execute(WAITING)).scalar_one())


async def go_away_during_a_lease(database: Database) -> None:
    """The commit fails first, then the lease that was under way."""
    async with database.begin() as connection:
        await connection.execute(select(Rate.tat).with_for_update())
        while not await is_anybody_waiting(database):  # noqa: ASYNC110  a lock has no bell
            await asyncio.sleep(0.01)
        away = asyncio.create_task(go_away(database))
        await asyncio.sleep(AWAY / 2)
    await away


async def accepted_while(database: Database, goes_away: Callable[[Database], Awaitable[None]]) -> int:
    """How many were accepted of a run that ended because the database went away in its midst; it is back."""
    await queue(database, PEOPLE)
    going: list[asyncio.Future[None]] = []

    async def linger(_: Question) -> None:
        if len(telegram.asked) == 5:
            going.append(asyncio.ensure_future(goes_away(database)))
        await asyncio.sleep(0.1)

    telegram = ListChannel(concurrency=4, reaction=linger)
    async with asyncio.timeout(20):
        with pytest.RaisesGroup(DBAPIError):
            await send(database, telegram)
    await asyncio.gather(*going)
    return len(telegram.asked)


async def stand(database: Database) -> Counter[str]:
    return Counter(row.status for row in await rows(database))


async def test_what_was_accepted_while_the_database_was_away_is_known_once_it_is_back(database: Database) -> None:
    accepted = await accepted_while(database, go_away)
    assert 5 <= accepted <= 8
    assert await stand(database) == {DeliveryStatus.SENT: accepted, DeliveryStatus.QUEUED: PEOPLE - accepted}
    assert (await send(database, ListChannel())).sent == PEOPLE - accepted


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite does one thing at a time
async def test_a_lease_that_fails_with_it_costs_no_result(database: Database) -> None:
    accepted = await accepted_while(database, go_away_during_a_lease)
    assert await stand(database) == {DeliveryStatus.SENT: accepted, DeliveryStatus.QUEUED: PEOPLE - accepted}
