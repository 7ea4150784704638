"""Nobody is asked twice within a day, and nothing is left lying, where one question outlives its cool-down."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from scheduler.asking.campaigning import CampaignProblem, cancel, create
from scheduler.asking.policy import Policy
from scheduler.asking.rerouting import reroute
from scheduler.asking.sending import send_due
from scheduler.asking.shift import Shift
from scheduler.asking.starting import start
from scheduler.asking.unknowns import settle_bounced_by_token
from scheduler.channel import Channel, Undeliverable
from storage.cooldowns import take_addresses, take_customers
from storage.database import Database
from storage.models import Address, Campaign, Customer, Delivery, Invitation
from storage.statuses import CampaignKind, CampaignStatus, DeliveryKind, DeliveryStatus
from tests.flow.campaigning import SHOP, draft, fill, start_new
from tests.flow.channels import ListChannel
from tests.flow.world import COMPANY, NOW, POLICY

FRIDAY = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # 20:00 in Moscow: the window is closed until Monday
SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
BOTH_WAYS = replace(POLICY, channels=("email", "telegram"), reminder_days=0)


async def start_short(database: Database, name: str, now: datetime) -> None:
    """A campaign that asks again after the hard floor."""
    kept = await create(database, draft(name, kind=CampaignKind.RELATIONSHIP, cooldown_days=0), POLICY, now)
    await start(database, SHOP, kept.name, now)


async def test_who_waits_for_a_question_gets_no_second_one_however_short_the_cooldown(database: Database) -> None:
    await fill(database, 1)
    chat = ListChannel()
    await start_short(database, "spring", FRIDAY)
    with pytest.raises(CampaignProblem, match="nobody"):
        await start_short(database, "summer", SUNDAY)
    await send_due(database, {"telegram": chat}, POLICY, COMPANY, MONDAY)
    with pytest.raises(CampaignProblem, match="nobody"):  # handed over within the hard floor
        await start_short(database, "autumn", MONDAY + timedelta(hours=23))
    await start_short(database, "winter", MONDAY + timedelta(hours=25))
    assert len(chat.asked) == 1


async def test_who_waits_for_a_question_is_not_taken_by_anybody_else(database: Database) -> None:
    """The guard itself, for whoever chose before the question was queued."""
    await fill(database, 1)
    await start_short(database, "spring", FRIDAY)
    async with database.begin() as connection:
        everybody, everywhere = select(Customer.id), select(Address.id)
        assert await take_customers(connection, everybody, now=MONDAY, cooled_before=SUNDAY) == 0
        assert await take_addresses(connection, everywhere, now=MONDAY, cooled_before=SUNDAY) == 0
        await connection.execute(update(Delivery).values(status=DeliveryStatus.CANCELLED))
        assert await take_customers(connection, everybody, now=MONDAY, cooled_before=SUNDAY) == 1
        assert await take_addresses(connection, everywhere, now=MONDAY, cooled_before=SUNDAY) == 1


async def bounce(database: Database, policy: Policy, channels: dict[str, Channel]) -> None:
    """The only letter comes back: its address is dead."""
    shift = Shift(
        database=database, channels=channels, policy=policy, company=COMPANY, clock=lambda: NOW, sender_id=0
    )  # fmt: skip
    async with database.begin() as connection:
        token = (await connection.execute(select(Invitation.token))).scalar_one()
        moved = await settle_bounced_by_token(
            connection, token=token, now=NOW, kind=DeliveryKind.QUESTION, channel="email", reference="letter",
            error=Undeliverable("gone", address_is_dead=True),
        )  # fmt: skip
        await reroute(connection, shift, moved)


async def send_a_letter(database: Database, policy: Policy = BOTH_WAYS) -> dict[str, Channel]:
    """One customer with both addresses is asked by e-mail; the channels."""
    await fill(database, 1, email="a@example.test")
    shop = replace(SHOP, policy=policy, channels=(("email", "email"), ("telegram", "telegram")))
    await start_new(database, draft(kind=CampaignKind.RELATIONSHIP), shop)
    channels: dict[str, Channel] = {"email": ListChannel("email", "email"), "telegram": ListChannel()}
    await send_due(database, channels, policy, COMPANY, NOW)
    return channels


async def by_channel(database: Database) -> dict[str, str]:
    async with database.read() as connection:
        return {row.channel: row.status for row in await connection.execute(select(Delivery.channel, Delivery.status))}


async def status(database: Database) -> str:
    async with database.read() as connection:
        return (await connection.execute(select(Campaign.status))).scalar_one()


async def test_a_question_that_bounced_after_its_campaign_s_end_still_goes_another_way(database: Database) -> None:
    channels = await send_a_letter(database)
    assert await status(database) == CampaignStatus.FINISHED
    await bounce(database, BOTH_WAYS, channels)
    await send_due(database, channels, BOTH_WAYS, COMPANY, NOW)
    await send_due(database, channels, BOTH_WAYS, COMPANY, NOW)
    assert await by_channel(database) == {"email": DeliveryStatus.UNDELIVERABLE, "telegram": DeliveryStatus.SENT}
    assert await status(database) == CampaignStatus.FINISHED


async def test_a_question_of_a_cancelled_campaign_goes_no_other_way(database: Database) -> None:
    policy = replace(BOTH_WAYS, reminder_days=5)
    channels = await send_a_letter(database, policy)
    await cancel(database, "spring", NOW)
    await bounce(database, policy, channels)
    assert await by_channel(database) == {"email": DeliveryStatus.UNDELIVERABLE}
    async with database.read() as connection:
        assert (await connection.execute(select(Customer.asked_at))).scalar_one() is None


async def test_a_bounced_question_goes_no_other_way_once_another_was_asked(database: Database) -> None:
    policy = replace(BOTH_WAYS, reminder_days=5)
    channels = await send_a_letter(database, policy)
    async with database.begin() as connection:
        await connection.execute(update(Customer).values(asked_at=NOW + timedelta(days=2)))
    await bounce(database, policy, channels)
    assert await by_channel(database) == {"email": DeliveryStatus.UNDELIVERABLE}
