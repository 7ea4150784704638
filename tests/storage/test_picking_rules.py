"""Every reason for not asking a customer, each by itself and in its precedence."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from scheduler.asking.picking import Picked, pick
from scheduler.asking.policy import Policy
from scheduler.asking.rules import SkipReason
from storage.database import Database
from storage.models import Address, Customer, Invitation
from tests.flow.world import COMPANY, NOW, add_customer, add_sale, ask_customer
from tests.storage.picking_shop import ALWAYS, CHANNELS, buyer, change, look, mark_address, only_reason


async def test_a_sale_taken_back_is_not_asked_about(database: Database) -> None:
    async with database.begin() as connection:
        customer_id = await buyer(connection)
        await add_sale(connection, customer_id, "R1", amount=-100, returns_sale="S1", sold_at=NOW - timedelta(days=1))
    assert await only_reason(database) == SkipReason.RETURNED


async def test_a_return_without_a_customer_takes_a_sale_back_as_well(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection)
        await add_sale(connection, None, "R1", amount=-100, returns_sale="S1")
        await add_sale(connection, None, "R2", amount=-100, returns_sale="S1")
    assert await only_reason(database) == SkipReason.RETURNED


async def test_a_return_that_a_later_return_names_is_still_no_sale(database: Database) -> None:
    async with database.begin() as connection:
        customer_id = await add_customer(connection, email="c1@example.test")
        await add_sale(connection, customer_id, "R1", amount=-100)
        await add_sale(connection, customer_id, "R2", amount=-100, returns_sale="R1")
    assert await look(database) == Picked(eligible=0, picked=0, by_channel={}, skipped={})


@pytest.mark.parametrize("kind", ["email", "phone", "telegram"])
async def test_an_opt_out_on_any_address_holds_for_the_customer(database: Database, kind: str) -> None:
    async with database.begin() as connection:
        await buyer(connection, **{kind: "x@example.test"})
        await mark_address(connection, "x@example.test", opted_out_at=ALWAYS)
    assert await only_reason(database) == SkipReason.OPTED_OUT


async def test_a_customers_opt_out_holds(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection, opted_out_at=ALWAYS)
    assert await only_reason(database) == SkipReason.OPTED_OUT


@pytest.mark.parametrize(
    ("consent", "required", "is_asked"),
    [
        (None, False, True),
        (True, False, True),
        (False, False, False),
        (None, True, False),
        (True, True, True),
        (False, True, False),
    ],
)
async def test_consent_refused_is_respected_and_consent_missing_where_required(
    database: Database, consent: bool | None, required: bool, is_asked: bool
) -> None:
    async with database.begin() as connection:
        await buyer(connection, consent=consent)
    policy = Policy(require_consent=required)
    assert (await look(database, policy)).eligible == is_asked
    if not is_asked:
        assert await only_reason(database, policy) == SkipReason.NO_CONSENT


@pytest.mark.parametrize("listed", ["c1@example.test", " C1@Example.TEST ", "Имя@пример.рф"])
async def test_a_rehearsal_asks_only_the_listed_addresses(database: Database, listed: str) -> None:
    async with database.begin() as connection:
        await buyer(connection, telegram="700", email=listed.strip().lower())
        await buyer(connection, "2")
    picked = await look(database, Policy(only=(listed, "nobody@example.test")))
    assert picked.by_channel == {"email": 1}, "the chat is not in the list, though it comes first"
    assert picked.skipped == {SkipReason.NOT_REHEARSED: 1}


async def test_a_rehearsal_with_nobody_we_know_asks_nobody(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection)
        await buyer(connection, "2", email=None)
    picked = await look(database, Policy(only=("not an address", "")))
    assert (picked.eligible, picked.skipped) == (0, {SkipReason.NOT_REHEARSED: 2})


async def test_a_customer_with_no_address_on_a_channel_that_is_on_is_unreachable(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection, phone="+79990000001")
    assert await only_reason(database, channels=(("telegram", "telegram"),)) == SkipReason.UNREACHABLE
    assert await only_reason(database, channels=()) == SkipReason.UNREACHABLE


async def test_a_customer_whose_every_address_refused_us_is_undeliverable(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection, telegram="700")
        await mark_address(connection, "700", undeliverable_at=ALWAYS)
    assert (await look(database)).by_channel == {"email": 1}
    async with database.begin() as connection:
        await mark_address(connection, "c1@example.test", undeliverable_at=ALWAYS)
    assert await only_reason(database) == SkipReason.UNDELIVERABLE


async def test_the_first_channel_of_the_policy_is_taken(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection, telegram="700")
    assert (await look(database)).by_channel == {"telegram": 1}
    assert (await look(database, channels=CHANNELS[::-1])).by_channel == {"email": 1}


async def test_a_sale_is_asked_about_once_whatever_became_of_it(database: Database) -> None:
    async with database.begin() as connection:
        seeded = await ask_customer(connection)
        await connection.execute(update(Invitation).values(asked=False))
    assert await only_reason(database) == SkipReason.ALREADY_ASKED
    async with database.begin() as connection:
        await add_sale(connection, seeded.customer_id, "S2", sold_at=NOW - timedelta(days=6))
    assert (await look(database)).eligible == 1


@pytest.mark.parametrize("kind", ["customer", "email", "phone", "telegram"])
@pytest.mark.parametrize(("ago", "is_asked"), [(timedelta(days=90), True), (timedelta(days=89, hours=23), False)])
async def test_the_cool_down_holds_for_customer_and_every_address(
    database: Database, kind: str, ago: timedelta, is_asked: bool
) -> None:
    async with database.begin() as connection:
        await buyer(connection, phone="+79990000001", telegram="700")
        if kind == "customer":
            await connection.execute(update(Customer).values(asked_at=NOW - ago))
        else:
            await connection.execute(update(Address).where(Address.kind == kind).values(asked_at=NOW - ago))
    assert (await look(database)).eligible == is_asked
    if not is_asked:
        assert await only_reason(database) == SkipReason.COOLDOWN


async def test_no_setting_makes_the_cool_down_shorter_than_a_day(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection, asked_at=NOW - timedelta(hours=23))
    assert await only_reason(database, Policy(cooldown_days=0)) == SkipReason.COOLDOWN


async def test_not_now_holds_until_its_moment(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection, not_before=NOW + timedelta(seconds=1))
    assert await only_reason(database) == SkipReason.NOT_NOW
    async with database.begin() as connection:
        await connection.execute(update(Customer).values(not_before=NOW))
    assert (await look(database)).eligible == 1


@pytest.mark.parametrize("kind", ["email", "phone"])
async def test_one_person_under_several_customer_numbers_is_asked_once(database: Database, kind: str) -> None:
    async with database.begin() as connection:
        for number in "123":
            await buyer(connection, number, **{kind: "shared@example.test"})
    picked = await pick(database, Policy(), COMPANY, CHANNELS, NOW)
    assert (picked.eligible, picked.picked, picked.skipped) == (1, 1, {SkipReason.SAME_PERSON: 2})
    assert (await look(database)).skipped[SkipReason.COOLDOWN] == 2, "the shared address was asked"


async def test_a_namesake_who_is_skipped_anyway_keeps_nobody_from_being_asked(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection, "1", lot=0, email="shared@example.test", consent=False)
        await buyer(connection, "2", lot=1, email="shared@example.test")
    picked = await look(database)
    assert (picked.eligible, picked.skipped) == (1, {SkipReason.NO_CONSENT: 1})


async def test_the_first_reason_is_the_one_that_counts(database: Database) -> None:
    """One customer with every reason against them, which fall away one by one."""
    async with database.begin() as connection:
        tomorrow = NOW + timedelta(days=1)
        against: dict[str, Any] = {"consent": False, "opted_out_at": ALWAYS, "asked_at": NOW, "not_before": tomorrow}
        seeded = await ask_customer(connection, channel="email", **against)
        back = await add_sale(connection, None, "R1", amount=-1, returns_sale="S1")
        await mark_address(connection, "c1@example.test", undeliverable_at=ALWAYS)
    rehearsal = Policy(only=("700",))
    assert await only_reason(database, rehearsal) == SkipReason.RETURNED
    async with database.begin() as connection:
        await add_sale(connection, seeded.customer_id, "S3", sold_at=NOW - timedelta(days=40))
        await connection.exec_driver_sql(f"UPDATE sale SET returns_sale = 'S3' WHERE id = {back}")
    assert await only_reason(database, rehearsal) == SkipReason.OPTED_OUT
    await change(database, opted_out_at=None)
    assert await only_reason(database, rehearsal) == SkipReason.NO_CONSENT
    await change(database, consent=True)
    assert await only_reason(database, rehearsal) == SkipReason.NOT_REHEARSED
    assert await only_reason(database, channels=()) == SkipReason.UNREACHABLE
    assert await only_reason(database) == SkipReason.UNDELIVERABLE
    async with database.begin() as connection:
        await mark_address(connection, "c1@example.test", undeliverable_at=None)
    assert await only_reason(database) == SkipReason.ALREADY_ASKED
    async with database.begin() as connection:
        await connection.execute(update(Invitation).values(sale_id=None))
    assert await only_reason(database) == SkipReason.COOLDOWN
    await change(database, asked_at=None)
    assert await only_reason(database) == SkipReason.NOT_NOW
    await change(database, not_before=None)
    assert (await look(database)).eligible == 1
    assert (await look(database, Policy(daily_limit=0))).skipped == {SkipReason.DAILY_LIMIT: 1}
