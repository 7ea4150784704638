"""Two at the same rows at once: nobody gets an error for it, nothing is lost, and nobody waits for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from scheduler.answering import Recorded, comment_from_chat, record_comment, record_score
from scheduler.asking.picking import pick
from scheduler.asking.policy import Policy
from scheduler.contacting import opt_out
from scheduler.noting import note_score
from storage import deliveries, unknowns
from storage.customers import Said, write_contacts
from storage.database import Connection, Database
from storage.models import Customer, Delivery, Response, ResponseChange
from storage.senders import register_sender
from storage.sources.contacts import Contact
from storage.statuses import DeliveryStatus, ResponseChannel
from storage.turns import wait_for_customers
from tests.flow.world import COMPANY, NOW, POLICY, ask_customer
from tests.storage.picking_shop import CHANNELS, asked_customers, shop

WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


async def until_it_waits(database: Database, task: "asyncio.Task[Any]") -> None:
    """Returns once the other transaction waits for ours; on SQLite, where all wait at their beginning, at once."""
    while not database.is_sqlite and not task.done():
        async with database.read() as connection:
            if (await connection.execute(WAITS)).scalar_one():
                return


async def score(connection: Connection, token: str, number: int) -> Recorded:
    return await record_score(
        connection, POLICY, COMPANY, token=token, score=number, channel=ResponseChannel.EMAIL, now=NOW
    )


async def test_the_same_form_sent_twice_at_once_is_one_answer_and_its_change(database: Database) -> None:
    async with database.begin() as connection:
        seeded = await ask_customer(connection)
    async with asyncio.timeout(20):
        async with database.begin() as connection:
            first = await score(connection, seeded.token, 9)
            second = asyncio.create_task(database.write(lambda other: score(other, seeded.token, 3)))
            await until_it_waits(database, second)
        changed = await second
    assert (first.is_new, changed.is_new, changed.is_changed) == (True, False, True)
    async with database.read() as connection:
        assert (await connection.execute(select(Response.score))).scalars().all() == [3]
        assert await connection.scalar(select(func.count()).select_from(ResponseChange)) == 2


async def test_a_comment_on_the_page_and_one_in_the_chat_are_both_kept(database: Database) -> None:
    async with database.begin() as connection:
        seeded = await ask_customer(connection)
        await record_score(
            connection, POLICY, COMPANY, token=seeded.token, score=4, channel=ResponseChannel.TELEGRAM, now=NOW,
            chat="1001",
        )  # fmt: skip
    async with asyncio.timeout(20):
        async with database.begin() as connection:
            await record_comment(connection, POLICY, token=seeded.token, text="Долго", now=NOW)
            saying = partial(comment_from_chat, policy=POLICY, chat="1001", text="и холодно", now=NOW)
            chat = asyncio.create_task(database.write(saying))
            await until_it_waits(database, chat)
        assert await chat
    async with database.read() as connection:
        assert (await connection.execute(select(Response.comment))).scalars().all() == ["Долго\nи холодно"]


async def test_staff_and_customer_answering_at_once_are_one_answer(database: Database) -> None:
    async with database.begin() as connection:
        seeded = await ask_customer(connection)
    noting = partial(
        note_score, policy=POLICY, company=COMPANY, customer="1", sale=None, score=4, comment=None, by="Оля", at=NOW
    )  # fmt: skip
    async with asyncio.timeout(20):
        async with database.begin() as connection:
            await noting(connection)
            second = asyncio.create_task(database.write(lambda other: score(other, seeded.token, 9)))
            await until_it_waits(database, second)
        await second
    async with database.read() as connection:
        assert (await connection.execute(select(Response.score))).scalars().all() == [9]


async def test_an_answer_while_its_hand_over_is_settled_leaves_nothing_unknown(database: Database) -> None:
    """Neither sees the other's work before it is committed: one of them has to wait."""
    async with register_sender(database) as sender:
        async with database.begin() as connection:
            seeded = await ask_customer(connection, status=DeliveryStatus.SENDING)
            await connection.execute(update(Delivery).values(sender_id=sender.id))

        async def settle(connection: Connection) -> None:
            moved = await deliveries.settle_unknown(connection, sender.id, {seeded.delivery_id: "cut off"}, NOW)
            await unknowns.settle_answered(connection, moved, NOW)

        async with asyncio.timeout(20):
            async with database.begin() as connection:
                await score(connection, seeded.token, 9)
                settling = asyncio.create_task(database.write(settle))
                await until_it_waits(database, settling)
            await settling
        async with database.read() as connection:
            assert (await connection.execute(select(Delivery.status))).scalars().all() == [DeliveryStatus.SENT]


async def test_answering_and_opting_out_at_once_end_well(database: Database) -> None:
    seeded = []
    async with database.begin() as connection:
        for number in range(1, 21):
            seeded.append(await ask_customer(connection, str(number), status=DeliveryStatus.QUEUED))
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for one in seeded:
            group.create_task(database.write(partial(score, token=one.token, number=7)))
            group.create_task(database.write(partial(opt_out, now=NOW, token=one.token)))
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(Response)) == 20
        waiting = select(func.count()).select_from(Delivery).where(Delivery.status != DeliveryStatus.CANCELLED)
        assert await connection.scalar(waiting) == 0
        assert await connection.scalar(select(func.count()).where(Customer.opted_out_at.is_(None))) == 0


async def test_a_transaction_that_the_database_gave_up_is_begun_anew(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    async with database.begin() as connection:
        for number in ("1", "2"):
            await ask_customer(connection, number)
    met = asyncio.Barrier(2)
    tries: list[str] = []

    async def step(connection: Connection, *, order: tuple[str, str]) -> None:
        tries.append(order[0])
        name = func.coalesce(Customer.name, "") + order[0]
        await connection.execute(update(Customer).where(Customer.external_id == order[0]).values(name=name))
        if len(tries) <= 2:
            await met.wait()
        await connection.execute(update(Customer).where(Customer.external_id == order[1]).values(name=name))

    async with asyncio.timeout(20):
        await asyncio.gather(*(database.write(partial(step, order=order)) for order in (("1", "2"), ("2", "1"))))
    assert len(tries) == 3
    async with database.read() as connection:
        names = (await connection.execute(select(Customer.name))).scalars().all()
    assert {"".join(sorted(name or "")) for name in names} == {"12"}


async def test_another_error_is_told_at_once(database: Database) -> None:
    tries = 0

    async def step(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        await connection.exec_driver_sql("SELECT nothing FROM nowhere")

    with pytest.raises(DBAPIError):
        await database.write(step)
    assert tries == 1


@pytest.mark.parametrize("writer", ["pick", "customers"])
async def test_whoever_writes_many_customers_waits_for_the_other(database: Database, writer: str) -> None:
    """Both at once would lock the same customers in different order."""
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    await shop(database, 5)
    contacts = {"1": Said(Contact(name="Анна"))}
    work: dict[str, Callable[[], Awaitable[object]]] = {
        "pick": lambda: pick(database, Policy(), COMPANY, CHANNELS, NOW),
        "customers": lambda: database.write(lambda one: write_contacts(one, contacts, NOW, create=False)),
    }
    async with asyncio.timeout(20):
        async with database.begin() as connection:
            await wait_for_customers(connection)
            task = asyncio.ensure_future(work[writer]())
            await until_it_waits(database, task)
            assert not task.done()
        await task
    assert len(await asked_customers(database)) == (5 if writer == "pick" else 0)
