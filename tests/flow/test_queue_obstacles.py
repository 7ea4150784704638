"""What stands in a lease's way: met, put off or cancelled with its reason, and never met again."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update

from scheduler.asking.policy import Policy
from scheduler.asking.sending import Sent, send_due
from storage import campaign_queue, deliveries, heads, unsent
from storage.clock import read_moment
from storage.database import Database
from storage.models import Address, Campaign, Customer, Delivery, Invitation, Rate
from storage.statuses import CampaignStatus, DeliveryStatus, InvitationStatus
from tests.flow.channels import ListChannel
from tests.flow.world import COMPANY, NOW, POLICY, ask_customer

NIGHT = datetime.fromisoformat("2026-11-18T23:30:00+03:00")


def slow() -> ListChannel:
    """Two slots at a time: fewer than there are obstacles."""
    return ListChannel(rate_per_second=1)


async def queue(database: Database, numbers: range, **values: Any) -> None:
    async with database.begin() as connection:
        for number in numbers:
            await ask_customer(connection, str(number), status=DeliveryStatus.QUEUED, **values)


async def send(database: Database, *channels: ListChannel, policy: Policy = POLICY, now: datetime = NOW) -> Sent:
    return await send_due(database, {channel.name: channel for channel in channels}, policy, COMPANY, now)


async def reasons(database: Database) -> list[str | None]:
    async with database.read() as connection:
        return list((await connection.execute(select(Delivery.reason).order_by(Delivery.id))).scalars())


@pytest.mark.parametrize(
    ("model", "values", "reason"),
    [
        (Customer, {"opted_out_at": NOW}, "opted_out"),
        (Address, {"undeliverable_at": NOW}, "suppressed"),
        (Invitation, {"status": InvitationStatus.ANSWERED}, "not_open"),
        (Invitation, {"send_before": NOW}, "expired"),
    ],
)
async def test_those_who_may_not_be_asked_don_t_keep_the_next_one_waiting(
    database: Database, model: Any, values: dict[str, Any], reason: str
) -> None:
    await queue(database, range(1, 8))
    async with database.begin() as connection:
        await connection.execute(update(model).values(**values))
    await queue(database, range(8, 9))
    telegram = slow()
    sent = await send(database, telegram)
    assert (sent.sent, sent.cancelled, telegram.addresses) == (1, 7, ["1008"])
    assert await reasons(database) == [reason] * 7 + [None]


async def test_closed_windows_don_t_keep_the_next_one_waiting(database: Database) -> None:
    await queue(database, range(1, 8))
    await queue(database, range(8, 9), timezone="America/New_York")
    telegram = slow()
    sent = await send(database, telegram, now=NIGHT)
    assert (sent.sent, sent.deferred, telegram.addresses) == (1, 7, ["1008"])
    assert await reasons(database) == ["window"] * 7 + [None]


async def test_the_campaign_that_waits_longest_goes_first_and_leaves_its_slots_to_the_next(database: Database) -> None:
    await queue(database, range(1, 3))
    async with database.begin() as connection:
        row = {"name": "spring", "kind": "relationship", "status": CampaignStatus.RUNNING, "created_at": NOW}
        spring = (await connection.execute(insert(Campaign).values(row).returning(Campaign.id))).scalar_one()
        second = select(Delivery.id).where(Delivery.invitation_id == 2)
        moved = update(Delivery).where(Delivery.id.in_(second)).values(campaign_id=spring)
        await connection.execute(moved.values(due_at=NOW - timedelta(days=3)))
        await connection.execute(update(Invitation).where(Invitation.id == 2).values(campaign_id=spring))
    telegram = ListChannel(rate_per_second=20, concurrency=1)
    assert (await send(database, telegram)).sent == 2
    assert telegram.addresses == ["1002", "1001"]


async def test_what_no_lease_meets_is_cancelled_within_the_hour(database: Database) -> None:
    await queue(database, range(1, 4))
    async with database.begin() as connection:
        await connection.execute(update(Campaign).values(status=CampaignStatus.PAUSED))
    async with database.read() as connection:
        late = (await connection.execute(select(Invitation.send_before).limit(1))).scalar_one()
    assert (await send(database, ListChannel(), now=late - timedelta(minutes=1))).cancelled == 0
    assert (await send(database, ListChannel(), now=late + timedelta(hours=1))).cancelled == 3
    assert await reasons(database) == ["expired"] * 3
    async with database.read() as connection:
        assert set((await connection.execute(select(Invitation.closed_reason))).scalars()) == {"expired"}


async def test_no_step_of_sending_walks_through_the_queue(database: Database) -> None:
    if not database.is_sqlite:
        return  # chooses by statistics, which a test's few rows don't give
    said: list[tuple[str, Any]] = []
    async with database.begin() as connection:
        event.listen(
            database.engine.sync_engine, "before_cursor_execute",
            lambda _connection, _cursor, statement, given, *_: said.append((statement, given)),
        )  # fmt: skip
        at = await read_moment(connection)
        await heads.find_heads(connection, "telegram", NOW)
        await heads.look_at(connection, 1, "telegram", 5, due=NOW)
        await campaign_queue.is_unsettled(connection, 2)
        await campaign_queue.find_reminder_to_come(connection, 2, NOW)
        await campaign_queue.is_reminder_to_come(connection, 1, NOW)
        await deliveries.lease(connection, 1, [1], at)
        await deliveries.defer_queued(connection, [1], NOW)
        await deliveries.mark(connection, 1, [1], NOW)
        await deliveries.give_back(connection, 1, [1])
        await deliveries.take_back(connection, 1, [1])
        await deliveries.settle_sent(connection, 1, {1: "reference"}, NOW)
        await deliveries.settle_unknown(connection, 1, {1: "reason"}, NOW)
        await deliveries.put_off(connection, 1, {1: NOW}, {1: "reason"})
        for cancel in (
            unsent.cancel_expired, unsent.cancel_opted_out, unsent.cancel_settled, unsent.cancel_case_open,
            unsent.cancel_suppressed,
        ):  # fmt: skip
            await cancel(connection, [1], NOW)
        await unsent.cancel_waiting(connection, 1, NOW)
        for statement, given in said.copy():
            explained = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
            plan = [row.detail for row in explained]
            assert not any(step.startswith("SCAN delivery") for step in plan), plan
            assert not any("(status=?)" in step for step in plan), plan
            assert not any(step.startswith("SCAN service_case") for step in plan), plan


async def test_a_wait_of_the_channel_leaves_obstacles_alone(database: Database) -> None:
    await queue(database, range(1, 2))
    async with database.begin() as connection:
        await connection.execute(update(Customer).values(opted_out_at=NOW))
        seconds = (await read_moment(connection)).timestamp()
        wait = {"tat": seconds, "paused_at": seconds - 1, "paused_until": seconds + 60}
        await connection.execute(insert(Rate).values(resource="telegram", **wait))
    telegram = ListChannel()
    await send(database, telegram)
    assert telegram.asked == []
