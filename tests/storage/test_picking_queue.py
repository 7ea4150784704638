"""What a pick queues: each invitation with its first delivery, in order, the daily limit kept."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.asking.picking import pick
from scheduler.asking.policy import Policy
from scheduler.asking.queueing import STRETCH
from scheduler.asking.rules import SkipReason
from storage.database import Database
from storage.due import due_at_once
from storage.models import Address, Campaign, Customer, Delivery, Invitation, Sale
from storage.statuses import CampaignStatus, DeliveryKind, DeliveryStatus, InvitationStatus
from tests.flow.world import COMPANY, NOW, add_sale
from tests.storage.picking_shop import CHANNELS, asked_customers, buyer, look, shop

VLADIVOSTOK = {"timezone": "Asia/Vladivostok"}  # 22:00 there


async def test_an_invitation_is_queued_with_its_first_delivery(database: Database) -> None:
    sold_at = datetime(2026, 11, 10, 8, 30, 59, 999999, tzinfo=UTC)
    async with database.begin() as connection:
        customer_id = await buyer(connection, telegram="700", sold_at=sold_at, **VLADIVOSTOK)
    await pick(database, Policy(), COMPANY, CHANNELS, NOW)
    async with database.read() as connection:
        invitation = (await connection.execute(select(Invitation.__table__))).one()
        delivery = (await connection.execute(select(Delivery.__table__))).one()
        campaign = (await connection.execute(select(Campaign.__table__))).one()
        sale_id = await connection.scalar(select(Sale.id))
        chat = await connection.scalar(select(Address.id).where(Address.value == "700"))
        marked = set((await connection.execute(select(Address.asked_at))).scalars())
        assert await connection.scalar(select(Customer.asked_at)) == NOW
    assert marked == {NOW}, "every address of the customer, used or not"
    assert len(invitation.token) == 22
    assert set(invitation.token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert (invitation.customer_id, invitation.sale_id, invitation.occasion) == (
        customer_id,
        sale_id,
        f"sale:{sale_id}",
    )
    assert (invitation.status, invitation.closed_reason, invitation.asked) == (InvitationStatus.OPEN, None, True)
    assert (invitation.queued_at, invitation.send_before) == (NOW, sold_at + timedelta(days=30))
    assert invitation.link_until == NOW + timedelta(days=60)
    assert (delivery.invitation_id, delivery.kind, delivery.status) == (
        invitation.id,
        DeliveryKind.QUESTION,
        DeliveryStatus.QUEUED,
    )
    assert (delivery.channel, delivery.address_id, delivery.attempts) == ("telegram", chat, 0)
    assert delivery.due_at == datetime(2026, 11, 19, 0, 0, tzinfo=UTC), "10:00 in Vladivostok"
    assert (campaign.id, campaign.name, campaign.kind) == (invitation.campaign_id, "daily", "transactional")
    assert campaign.status == CampaignStatus.RUNNING


async def test_the_latest_sale_that_may_be_asked_about_is(database: Database) -> None:
    async with database.begin() as connection:
        customer_id = await buyer(connection, sold_at=NOW - timedelta(days=9))
        wanted = await add_sale(connection, customer_id, "S8", sold_at=NOW - timedelta(days=8))
        await add_sale(connection, customer_id, "S7", sold_at=NOW - timedelta(days=7))
        await add_sale(connection, customer_id, "R7", amount=-1, returns_sale="S7")
        await add_sale(connection, customer_id, "S2", sold_at=NOW - timedelta(days=2))
    await pick(database, Policy(), COMPANY, CHANNELS, NOW)
    async with database.read() as connection:
        assert await connection.scalar(select(Invitation.sale_id)) == wanted


async def test_of_sales_at_the_same_time_the_last_to_come_is_asked_about(database: Database) -> None:
    # As in a shop that knows days alone; 9 and 10 come in another order as text.
    async with database.begin() as connection:
        customer_id = await buyer(connection)
        same = [await add_sale(connection, customer_id, f"S{n}", sold_at=NOW - timedelta(days=5)) for n in range(2, 12)]
        await add_sale(connection, customer_id, "S12", sold_at=NOW - timedelta(days=5, microseconds=1))
        await add_sale(connection, customer_id, "R11", amount=-1, returns_sale="S11")
    await pick(database, Policy(), COMPANY, CHANNELS, NOW)
    async with database.read() as connection:
        assert await connection.scalar(select(Invitation.sale_id)) == same[-2]


async def test_invitations_are_numbered_in_the_order_of_sending(database: Database) -> None:
    async with database.begin() as connection:
        for number in range(1, 31):
            zone = (None, "Asia/Vladivostok", "no such zone")[number % 3]
            chat = {"telegram": str(700 + number)} if number % 2 else {}
            await buyer(connection, str(number), timezone=zone, **chat)
    picked = await pick(database, Policy(), COMPANY, CHANNELS, NOW)
    assert picked.by_channel == {"telegram": 15, "email": 15}
    async with database.read() as connection:
        queue = select(Delivery.due_at, Delivery.channel, Delivery.invitation_id).order_by(Delivery.id)
        rows = [(row.due_at, row.channel, row.invitation_id) for row in await connection.execute(queue)]
    assert rows == sorted(rows)
    assert [row[2] for row in rows] == list(range(rows[0][2], rows[0][2] + 30))
    assert {row[0] for row in rows} == {due_at_once(NOW), datetime(2026, 11, 19, 0, 0, tzinfo=UTC)}


async def test_picking_twice_picks_nobody_twice(database: Database) -> None:
    await shop(database, 5)
    assert (await pick(database, Policy(), COMPANY, CHANNELS, NOW)).picked == 5
    again = await pick(database, Policy(), COMPANY, CHANNELS, NOW + timedelta(seconds=1))
    assert (again.eligible, again.picked, again.skipped) == (0, 0, {SkipReason.ALREADY_ASKED: 5})


async def test_a_choice_longer_than_a_stretch_is_queued_whole(database: Database) -> None:
    await shop(database, STRETCH + 7)
    picked = await pick(database, Policy(daily_limit=10_000_000), COMPANY, CHANNELS, NOW)
    assert picked.picked == STRETCH + 7
    assert len(set(await asked_customers(database))) == STRETCH + 7
    async with database.read() as connection:
        assert await connection.scalar(select(func.count(func.distinct(Invitation.token)))) == STRETCH + 7


async def test_the_daily_limit_is_one_of_a_company_day(database: Database) -> None:
    await shop(database, 10)
    policy = Policy(daily_limit=4)
    picked = await pick(database, policy, COMPANY, CHANNELS, NOW)
    assert (picked.eligible, picked.picked, picked.skipped) == (10, 4, {SkipReason.DAILY_LIMIT: 6})
    midnight = datetime(2026, 11, 18, 21, 0, tzinfo=UTC)  # in Moscow
    again = await pick(database, policy, COMPANY, CHANNELS, midnight - timedelta(seconds=1))
    assert (again.eligible, again.picked) == (6, 0)
    next_day = await pick(database, policy, COMPANY, CHANNELS, midnight)
    assert (next_day.picked, next_day.skipped[SkipReason.DAILY_LIMIT]) == (4, 2)
    assert len(set(await asked_customers(database))) == 8


async def chosen_by(database: Database, seed: int) -> set[int]:
    """Whom a limit of ten lets through; everything is put back afterwards."""
    await pick(database, Policy(daily_limit=10, seed=seed), COMPANY, CHANNELS, NOW)
    chosen = set(await asked_customers(database))
    async with database.begin() as connection:
        for model in (Delivery, Invitation):
            await connection.execute(model.__table__.delete())  # type: ignore[attr-defined]
        await clear(connection)
    return chosen


async def clear(connection: AsyncConnection) -> None:
    for model in (Customer, Address):
        await connection.execute(update(model).values(asked_at=None))


async def test_the_same_seed_picks_the_same_customers(database: Database) -> None:
    await shop(database, 60)
    first, again, other = [await chosen_by(database, seed) for seed in (1, 1, 2)]
    assert first == again != other
    assert len(first) == len(other) == 10


async def test_the_choice_is_the_same_on_both_engines(database: Database) -> None:
    await shop(database, 60)
    await pick(database, Policy(daily_limit=5, seed=42), COMPANY, CHANNELS, NOW)
    async with database.read() as connection:
        numbers = select(Customer.external_id).where(Customer.asked_at.is_not(None)).order_by(Customer.id)
        assert list((await connection.execute(numbers)).scalars()) == ["16", "26", "34", "45", "48"]


async def test_a_dry_run_says_what_the_run_will_do(database: Database) -> None:
    await shop(database, 12)
    policy = Policy(daily_limit=5)
    foretold = await pick(database, policy, COMPANY, CHANNELS, NOW, dry_run=True)
    assert foretold == await pick(database, policy, COMPANY, CHANNELS, NOW)
    assert (await look(database, policy)).picked == 0
