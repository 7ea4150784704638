"""Slots of a rate: exact across senders, on the database's clock, and never stalled by a clock that jumps."""

import asyncio

import pytest
from sqlalchemy import insert, select, update

from storage.clock import read_seconds
from storage.database import Database
from storage.models import Rate
from storage.rates import CHAT, HORIZON, Room, find_room, forget_chats, pause_resource, take_paced, take_slots

RATE = 10.0


async def room(database: Database, per_second: float = RATE) -> Room:
    async with database.begin() as connection:
        return await find_room(connection, "mail", per_second)


async def take(database: Database, count: int, per_second: float = RATE) -> float:
    async with database.begin() as connection:
        return await take_slots(connection, "mail", per_second, count)


async def set_tat(database: Database, ahead: float) -> None:
    async with database.begin() as connection:
        tat = await read_seconds(connection) + ahead
        await connection.execute(update(Rate).values(tat=tat))


async def test_an_unused_resource_has_two_seconds_of_its_rate(database: Database) -> None:
    free = await room(database)
    assert (free.slots, free.first, free.wait) == (20, 0.0, 0.0)


async def test_slots_follow_one_another_at_the_rate(database: Database) -> None:
    first = await take(database, 5)
    second = await take(database, 5)
    assert first == 0.0
    assert second == pytest.approx(0.5, abs=0.3)
    assert second < 0.5  # the database's clock went on meanwhile


async def test_nothing_is_reserved_beyond_two_seconds(database: Database) -> None:
    await take(database, 20)
    free = await room(database, per_second=RATE)
    assert free.slots <= 3
    await set_tat(database, ahead=HORIZON)
    full = await room(database)
    assert full.slots == 0
    assert 0 < full.wait <= 1 / RATE
    assert not full.is_paused


async def test_senders_at_the_same_time_never_get_the_same_slots(database: Database) -> None:
    async with database.read() as connection:
        began = await read_seconds(connection)
    await asyncio.gather(*(take(database, 2, per_second=8.0) for _ in range(8)))
    async with database.read() as connection:
        tat = (await connection.execute(select(Rate.tat))).scalar_one()
        now = await read_seconds(connection)
    assert tat - began >= 16 / 8.0 - 0.001, "one that were given twice would move it less"
    assert tat - now <= HORIZON


async def test_a_slow_rate_still_has_one_slot(database: Database) -> None:
    assert (await room(database, per_second=0.1)).slots == 1
    await take(database, 1, per_second=0.1)
    full = await room(database, per_second=0.1)
    assert full.slots == 0
    assert full.wait == pytest.approx(10, abs=0.5)


async def test_a_clock_that_jumped_back_an_hour_stalls_nothing(database: Database) -> None:
    await take(database, 1)
    await set_tat(database, ahead=3600)
    assert (await room(database)).wait <= 1 / RATE
    assert await take(database, 1) <= HORIZON


async def test_a_wait_that_was_asked_for_holds_for_everybody(database: Database) -> None:
    async with database.begin() as connection:
        await pause_resource(connection, "mail", 30)
        await pause_resource(connection, "mail", 5)
    paused = await room(database)
    assert (paused.slots, paused.is_paused) == (0, True)
    assert paused.wait == pytest.approx(30, abs=0.5)


async def test_a_wait_ends_when_the_clock_jumps_back_before_it(database: Database) -> None:
    async with database.begin() as connection:
        now = await read_seconds(connection)
        waiting = {"resource": "mail", "tat": now + 3630, "paused_at": now + 3600, "paused_until": now + 3630}
        await connection.execute(insert(Rate).values(**waiting))
    free = await room(database)
    assert not free.is_paused
    assert free.wait <= 1 / RATE


async def test_single_chats_are_forgotten_once_they_are_idle_and_nothing_else_is(database: Database) -> None:
    async with database.begin() as connection:
        now = await read_seconds(connection)
        for name, tat in {
            "telegram": -9,
            f"telegram{CHAT}1": -9,
            f"telegram{CHAT}-2": -4,
            f"telegram{CHAT}3": 2,
        }.items():
            await connection.execute(insert(Rate).values(resource=name, tat=now + tat))
        await forget_chats(connection, idle=5)
        left = (await connection.execute(select(Rate.resource))).scalars()
        assert set(left) == {"telegram", f"telegram{CHAT}-2", f"telegram{CHAT}3"}
        assert await take_paced(connection, f"telegram{CHAT}1", every=1, burst=5) == 0, "it begins anew"


async def test_a_wait_that_is_over_leaves_the_rate_as_it_was(database: Database) -> None:
    async with database.begin() as connection:
        now = await read_seconds(connection)
        over = {"resource": "mail", "tat": now - 1, "paused_at": now - 31, "paused_until": now - 1}
        await connection.execute(insert(Rate).values(**over))
    assert (await room(database)).slots == 20


async def test_an_answer_to_a_tap_goes_out_even_when_all_slots_are_taken(database: Database) -> None:
    await take(database, 1)
    await set_tat(database, ahead=HORIZON)
    assert await take(database, 1) <= HORIZON
