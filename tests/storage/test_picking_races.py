"""Others who ask while a pick is under way: nobody is asked twice, and the limit holds."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from scheduler.asking.picking import DailyRound, pick
from scheduler.asking.policy import Policy
from scheduler.asking.queueing import Queueing
from scheduler.asking.rules import SkipReason
from storage import picking
from storage.candidates import Rules, fill_candidates
from storage.database import Database
from storage.models import Address, Case, Customer, Delivery, Sale
from storage.picking_tables import create_tables
from storage.statuses import CaseStatus
from tests.flow.world import COMPANY, NOW, complain
from tests.storage.picking_shop import CHANNELS, asked_customers, shop


async def test_two_picks_at_once_ask_nobody_twice(database: Database) -> None:
    await shop(database, 300)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(pick(database, Policy(daily_limit=200), COMPANY, CHANNELS, NOW)) for _ in range(3)]
    assert sum(task.result().picked for task in tasks) == 200
    customers = await asked_customers(database)
    assert len(customers) == len(set(customers)) == 200
    async with database.read() as connection:
        assert await connection.scalar(select(func.count(Delivery.id))) == 200


async def choose_and_lose(database: Database, *, limit: int, statement: object) -> tuple[Queueing, list[int]]:
    """Chooses everybody, lets `statement` come between, then queues; (the queueing, who was asked)."""
    policy = Policy(daily_limit=limit)
    rules = Rules(
        now=NOW, since=NOW - timedelta(days=14), until=NOW, cooled_before=NOW - policy.cooldown,
        channels=CHANNELS, only=None, require_consent=False, factor=1, shift=0,
    )  # fmt: skip
    async with database.hold() as held:
        async with held.read() as connection:
            await create_tables(connection)
            await fill_candidates(connection, rules, tuple(SkipReason))
            choice = picking.Choice(
                limit=None, newest_first=False, about_sales=True, expire=timedelta(days=30), send_before=NOW
            )
            await picking.choose(connection, {"": NOW}, choice)
            chosen = sum((await picking.count_channels(connection)).values())
        async with database.begin() as other:
            await other.execute(statement)  # type: ignore[call-overload]
        daily = DailyRound(policy, COMPANY, NOW)
        queueing = Queueing(held, daily, NOW, policy.cooldown, NOW + timedelta(days=60), newest=0)
        await queueing.queue(chosen)
    return queueing, await asked_customers(database)


@pytest.mark.parametrize("asked", [Customer, Address])
async def test_whoever_is_asked_by_another_between_choice_and_queue_is_left_out(
    database: Database, asked: type[Customer] | type[Address]
) -> None:
    await shop(database, 5)
    column = asked.external_id if asked is Customer else asked.value  # type: ignore[union-attr]
    statement = update(asked).where(column.in_(("2", "c2@example.test"))).values(asked_at=NOW - timedelta(days=1))
    queueing, customers = await choose_and_lose(database, limit=200, statement=statement)
    assert queueing.overtaken == 1
    assert len(customers) == 4
    async with database.read() as connection:
        left = select(Customer.external_id).where(Customer.id.not_in(customers))
        assert await connection.scalar(left) == "2"
        both = select(func.count()).select_from(Customer).where(Customer.asked_at == NOW)
        assert await connection.scalar(both) == 4, "what was taken before the loss was seen is given back"


async def test_whoever_s_case_is_opened_between_choice_and_queue_is_left_out(database: Database) -> None:
    await shop(database, 5)
    async with database.begin() as connection:
        await complain(connection, 2)
        await connection.execute(update(Case).values(status=CaseStatus.RESOLVED))
    again = update(Case).values(status=CaseStatus.OPEN)
    queueing, customers = await choose_and_lose(database, limit=200, statement=again)
    assert (queueing.overtaken, len(customers)) == (1, 4)
    assert 2 not in customers


async def test_a_sale_that_goes_away_between_choice_and_queue_is_left_out(database: Database) -> None:
    await shop(database, 5)
    gone = Sale.__table__.delete().where(Sale.external_id == "S2")  # type: ignore[attr-defined]
    queueing, customers = await choose_and_lose(database, limit=200, statement=gone)
    assert (queueing.overtaken, len(customers)) == (1, 4)


async def test_the_daily_limit_counts_what_another_pick_queued_meanwhile(database: Database) -> None:
    await shop(database, 10)
    await pick(database, Policy(daily_limit=3), COMPANY, CHANNELS, NOW)
    await shop(database, 5, first=11)
    nothing = update(Customer).where(Customer.id < 0).values(name=None)
    queueing, customers = await choose_and_lose(database, limit=6, statement=nothing)
    assert (queueing.overtaken, len(customers)) == (0, 6)
