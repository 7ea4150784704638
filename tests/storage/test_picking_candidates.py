"""Which customers a pick looks at: those with a sale in the window."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from scheduler.asking.picking import Picked, pick
from scheduler.asking.policy import Policy
from storage.database import Database
from storage.models import Address, Customer, Delivery, Invitation
from tests.flow.world import COMPANY, NOW, add_customer, add_sale
from tests.storage.picking_shop import CHANNELS, buyer, look


async def test_a_customer_with_a_recent_sale_is_eligible(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection)
    assert await look(database) == Picked(eligible=1, picked=1, by_channel={"email": 1}, skipped={})


async def test_an_empty_shop_has_nobody_to_ask(database: Database) -> None:
    assert await look(database) == Picked(eligible=0, picked=0, by_channel={}, skipped={})


@pytest.mark.parametrize(
    ("age", "candidates"),
    [
        (timedelta(days=3), 1),
        (timedelta(days=3) - timedelta(microseconds=1), 0),
        (timedelta(days=14), 1),
        (timedelta(days=14, microseconds=1), 0),
        (timedelta(days=-1), 0),
    ],
)
async def test_only_sales_in_the_window_make_candidates(database: Database, age: timedelta, candidates: int) -> None:
    async with database.begin() as connection:
        await buyer(connection, sold_at=NOW - age)
    assert (await look(database)).eligible == candidates


async def test_a_sale_in_the_future_never_counts_even_without_delay(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection, sold_at=NOW + timedelta(seconds=1))
    assert (await look(database, Policy(delay_days=0))).eligible == 0


async def test_a_sale_too_old_to_be_sent_makes_no_candidate(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection, sold_at=NOW - timedelta(days=10))
    assert (await look(database, Policy(expire_days=8))).eligible == 0


async def test_a_return_or_an_anonymous_sale_makes_no_candidate(database: Database) -> None:
    async with database.begin() as connection:
        customer_id = await add_customer(connection, email="c1@example.test")
        await add_sale(connection, customer_id, "R1", amount=-1)
        await add_sale(connection, None, "A1")
    assert await look(database) == Picked(eligible=0, picked=0, by_channel={}, skipped={})


async def test_a_gift_of_nothing_is_a_sale(database: Database) -> None:
    async with database.begin() as connection:
        customer_id = await add_customer(connection, email="c1@example.test")
        await add_sale(connection, customer_id, "S1", amount=0)
    assert (await look(database)).eligible == 1


async def test_a_dry_run_writes_nothing(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection)
    await look(database)
    async with database.read() as connection:
        for column in (Invitation.id, Delivery.id):
            assert (await connection.execute(select(column))).all() == []
        assert (await connection.scalar(select(Customer.asked_at))) is None
        assert (await connection.scalar(select(Address.asked_at))) is None


async def test_now_may_be_any_moment_of_the_past(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection, sold_at=datetime(2010, 12, 10, tzinfo=UTC))
    picked = await pick(database, Policy(), COMPANY, CHANNELS, datetime(2010, 12, 15, tzinfo=UTC))
    assert picked.picked == 1
