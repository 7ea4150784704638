"""The arrows of a delivery: each moves only what stands at its start, and only for whoever holds it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select, update

from storage import deliveries
from storage.clock import read_moment
from storage.database import Database
from storage.heads import find_heads, look_at
from storage.models import Address, Campaign, Customer, Delivery, Invitation, Rate
from storage.rates import pause_resource
from storage.senders import AnotherSender, find_dead, register_sender
from storage.statuses import CampaignStatus, DeliveryStatus, InvitationStatus
from tests.flow.world import NOW, Seeded, ask_customer
from tests.postgres import CUT_LOCKS

ME, OTHER = 1, 2


async def queue(database: Database, count: int = 1, **values: Any) -> list[Seeded]:
    async with database.begin() as connection:
        return [
            await ask_customer(connection, str(number), status=DeliveryStatus.QUEUED, **values)
            for number in range(1, count + 1)
        ]


async def lease(database: Database, sender: int = ME, limit: int = 10, channel: str = "telegram") -> list[int]:
    async with database.begin() as connection:
        at = await read_moment(connection)
        found: list[int] = []
        for campaign in await find_heads(connection, channel, NOW):
            met = await look_at(connection, campaign.id, channel, limit, due=NOW)
            found += [row.id for row in met if row.goes]
        return await deliveries.lease(connection, sender, found, at)


async def mark(database: Database, ids: list[int], sender: int = ME, only: tuple[str, ...] = ()) -> dict[int, int]:
    async with database.begin() as connection:
        return await deliveries.mark(connection, sender, ids, NOW, only)


async def row(database: Database, delivery_id: int) -> Row[Any]:
    statement = select(Delivery.__table__).where(Delivery.id == delivery_id)
    async with database.read() as connection:
        return (await connection.execute(statement)).one()


async def change(database: Database, model: Any, **values: Any) -> None:
    async with database.begin() as connection:
        await connection.execute(update(model).values(**values))


async def test_a_batch_is_leased_once_and_the_longest_due_first(database: Database) -> None:
    first, second, third = await queue(database, 3)
    async with database.begin() as connection:
        earlier = update(Delivery).where(Delivery.id == third.delivery_id)
        await connection.execute(earlier.values(due_at=NOW - timedelta(days=1)))
    assert await lease(database, limit=2) == [third.delivery_id, first.delivery_id]
    assert await lease(database, OTHER) == [second.delivery_id]
    assert await lease(database) == []


async def test_two_senders_at_once_share_the_queue_without_overlap(database: Database) -> None:
    seeded = await queue(database, 40)
    taken = await asyncio.gather(*(lease(database, sender, limit=7) for sender in range(1, 9)))
    ids = [one for batch in taken for one in batch]
    assert len(ids) == len(set(ids))
    assert set(ids) <= {one.delivery_id for one in seeded}
    assert len(ids) >= 28  # who is skipped over is taken by the next


async def test_what_is_due_later_or_on_another_channel_stays(database: Database) -> None:
    [one] = await queue(database)
    assert await lease(database, channel="email") == []
    await change(database, Delivery, due_at=NOW + timedelta(seconds=1))
    assert await lease(database) == []
    await change(database, Delivery, due_at=NOW)
    assert await lease(database) == [one.delivery_id]


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Customer, {"opted_out_at": NOW}),
        (Address, {"opted_out_at": NOW}),
        (Address, {"undeliverable_at": NOW}),
        (Campaign, {"status": CampaignStatus.PAUSED}),
        (Invitation, {"status": InvitationStatus.ANSWERED}),
        (Invitation, {"status": InvitationStatus.CLOSED}),
    ],
)
async def test_the_mark_refuses_what_may_not_go_any_more(
    database: Database, model: type[Any], values: dict[str, Any]
) -> None:
    [one] = await queue(database)
    ids = await lease(database)
    await change(database, model, **values)
    assert await mark(database, ids) == {}
    assert (await row(database, one.delivery_id)).status == DeliveryStatus.LEASED
    async with database.begin() as connection:
        assert await deliveries.give_back(connection, ME, ids) == ids
    assert await lease(database) == []


async def test_the_mark_refuses_all_of_a_channel_that_is_asked_to_wait_until_the_wait_is_over(
    database: Database,
) -> None:
    await queue(database, 2)
    first, second = await lease(database)
    async with database.begin() as connection:
        await pause_resource(connection, "email", 30)
    assert await mark(database, [first]) == {first: 1}, "it is another channel's wait"
    async with database.begin() as connection:
        await pause_resource(connection, "telegram", 30)
    assert await mark(database, [second]) == {}
    assert (await row(database, second)).status == DeliveryStatus.LEASED
    await change(database, Rate, paused_until=Rate.paused_at)
    assert await mark(database, [second]) == {second: 1}


async def test_what_was_marked_and_not_begun_is_taken_back_as_if_it_never_had_been(database: Database) -> None:
    [one] = await queue(database)
    before = await row(database, one.delivery_id)
    ids = await lease(database)
    await mark(database, ids)
    async with database.begin() as connection:
        assert await deliveries.take_back(connection, OTHER, ids) == []
        assert await deliveries.take_back(connection, ME, ids) == ids
    assert await row(database, one.delivery_id) == before


async def test_a_rehearsal_marks_only_its_own_addresses(database: Database) -> None:
    first, _ = await queue(database, 2)
    ids = await lease(database)
    assert await mark(database, ids, only=("1001",)) == {first.delivery_id: 1}


async def test_the_mark_counts_the_try_and_forgets_the_lease(database: Database) -> None:
    [one] = await queue(database)
    assert await mark(database, await lease(database)) == {one.delivery_id: 1}
    marked = await row(database, one.delivery_id)
    assert (marked.status, marked.attempts, marked.handed_at) == (DeliveryStatus.SENDING, 1, NOW)
    assert (marked.sender_id, marked.leased_until) == (ME, None)


async def test_nobody_marks_or_settles_what_another_holds(database: Database) -> None:
    [one] = await queue(database)
    ids = await lease(database)
    assert await mark(database, ids, sender=OTHER) == {}
    await mark(database, ids)
    async with database.begin() as connection:
        assert await deliveries.settle_sent(connection, OTHER, {ids[0]: "ref"}, NOW) == []
        assert await deliveries.give_back(connection, ME, ids) == []
    assert (await row(database, one.delivery_id)).status == DeliveryStatus.SENDING


async def test_results_are_written_each_with_its_own_reference_reason_and_time(database: Database) -> None:
    ids = [one.delivery_id for one in await queue(database, 5)]
    await mark(database, await lease(database))
    later = {ids[2]: NOW + timedelta(minutes=1), ids[3]: NOW + timedelta(minutes=5)}
    async with database.begin() as connection:
        assert await deliveries.settle_sent(connection, ME, {ids[0]: "a", ids[1]: "b"}, NOW) == ids[:2]
        reasons = {ids[2]: "busy", ids[3]: "full"}
        assert await deliveries.put_off(connection, ME, later, reasons, [ids[3]]) == ids[2:4]
        assert await deliveries.settle_undeliverable(connection, ME, {ids[4]: "blocked"}, NOW) == ids[4:]
    rows = [await row(database, one) for one in ids]
    assert [(one.status, one.reference) for one in rows[:2]] == [(DeliveryStatus.SENT, ref) for ref in ("a", "b")]
    assert [(one.status, one.reason, one.due_at) for one in rows[2:4]] == [
        (DeliveryStatus.QUEUED, "busy", later[ids[2]]),
        (DeliveryStatus.QUEUED, "full", later[ids[3]]),
    ]
    assert [one.attempts for one in rows[2:4]] == [1, 0]
    assert (rows[4].status, rows[4].reason) == (DeliveryStatus.UNDELIVERABLE, "blocked")


async def test_a_result_that_comes_after_the_sender_was_given_up_still_counts(database: Database) -> None:
    first, second = await queue(database, 2)
    await mark(database, await lease(database))
    async with database.begin() as connection:
        assert len(await deliveries.abandon_sending(connection, [ME], NOW)) == 2
        assert await deliveries.settle_sent(connection, ME, {first.delivery_id: "ref"}, NOW) == [first.delivery_id]
        assert await deliveries.put_off(connection, ME, {second.delivery_id: NOW}, {second.delivery_id: "busy"}) == []
    assert (await row(database, first.delivery_id)).status == DeliveryStatus.SENT
    assert (await row(database, second.delivery_id)).status == DeliveryStatus.UNKNOWN


async def test_a_lease_beyond_its_time_goes_back(database: Database) -> None:
    [one] = await queue(database)
    await lease(database)
    async with database.begin() as connection:
        at = await read_moment(connection)
        assert await deliveries.free_leases(connection, [], at + timedelta(seconds=29)) == []
        assert await deliveries.free_leases(connection, [], at + timedelta(seconds=31)) == [one.delivery_id]
    freed = await row(database, one.delivery_id)
    assert (freed.status, freed.sender_id, freed.leased_until) == (DeliveryStatus.QUEUED, None, None)


async def test_a_sender_is_dead_once_its_lock_is_gone(database: Database) -> None:
    await queue(database)
    async with register_sender(database) as mine:
        await lease(database, sender=mine.id)
        if not database.is_sqlite:
            async with database.begin() as connection:
                assert await find_dead(connection, mine.id + 1) == []
        assert await mine.is_alive()
    async with database.begin() as connection:
        assert await find_dead(connection, mine.id + 1) == [mine.id]


async def test_a_sender_that_left_something_behind_keeps_its_number(database: Database) -> None:
    await queue(database)
    async with register_sender(database) as first:
        await lease(database, sender=first.id)
    async with register_sender(database) as second:
        assert second.id != first.id


async def test_only_one_process_sends_from_an_sqlite_database(database: Database) -> None:
    async with register_sender(database) as first:
        if database.is_sqlite:
            with pytest.raises(AnotherSender, match=r"another process is sending from .*molva\.db"):
                async with register_sender(database):
                    pass
        else:
            async with register_sender(database) as second:
                assert second.id != first.id
    async with register_sender(database):
        pass


async def test_a_sender_whose_lock_was_cut_knows_that_it_is_given_up(database: Database) -> None:
    async with register_sender(database) as mine:
        if database.is_sqlite:
            assert await mine.is_alive()
            return
        async with database.begin() as connection:
            await connection.exec_driver_sql(CUT_LOCKS)
        assert not await mine.is_alive()
        assert not await mine.is_alive()  # and it stays so
        lost = mine.id
        await mine.renew()
        assert mine.id != lost
        assert await mine.is_alive()
        await queue(database)
        await lease(database, sender=mine.id)
        async with database.begin() as connection:
            assert await find_dead(connection, lost) == []


async def test_a_sender_that_does_not_know_what_it_has_half_done_leaves_it_to_its_next_number(
    database: Database,
) -> None:
    await queue(database)
    async with register_sender(database) as mine:
        await lease(database, sender=mine.id)
        before = mine.id
        await mine.retire()
        assert not await mine.is_alive()
        await mine.renew()
        assert await mine.is_alive()
        async with database.begin() as connection:
            assert await find_dead(connection, mine.id) == [before]
