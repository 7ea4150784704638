"""`molva explain`: what it says of a customer is what `pick` does with them."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import case, select, update

from scheduler.asking.choosing import look
from scheduler.asking.explaining import explain
from scheduler.asking.explanation import RULES, Explanation
from scheduler.asking.picking import daily_rules, pick
from scheduler.asking.policy import Policy
from scheduler.asking.windows import is_open
from storage.campaigns import DAILY, ensure_endless, find_daily, find_site, move
from storage.database import Database
from storage.models import Customer, Delivery, Invitation, Sale
from storage.orders import add_invitation
from storage.picking_tables import CANDIDATE, drop_tables
from storage.statuses import HANDED_OVER, WAITING, CampaignStatus, DeliveryStatus
from tests.flow.command import molva
from tests.flow.test_pick_command import AS_OF, write_config
from tests.flow.world import COMPANY, NOW, add_customer, add_sale, ask_customer
from tests.storage.picking_shop import ALWAYS, CHANNELS, buyer, mark_address
from tests.storage.test_picking_model import POLICY, invent, store

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


async def told(database: Database, number: str, policy: Policy | None = None) -> Explanation:
    return await explain(database, policy or Policy(), COMPANY, CHANNELS, NOW, number=number)


async def reasons_at(database: Database, policy: Policy, moment: datetime) -> dict[str, str | None]:
    """{customer: reason} of every candidate of a pick; None: eligible."""
    async with database.read() as connection:
        await look(connection, await daily_rules(connection, policy, COMPANY, CHANNELS, moment))
        found = select(Customer.external_id, CANDIDATE.c.reason).join(Customer, Customer.id == CANDIDATE.c.customer_id)
        reasons = {row.external_id: row.reason for row in await connection.execute(found)}
        await drop_tables(connection)
    return reasons


async def test_the_first_reason_is_the_one_that_pick_counts(database: Database) -> None:
    people = invent(Random(4))[:70]
    await store(database, people)
    reasons = await reasons_at(database, POLICY, NOW)
    alike: dict[str | None, list[str]] = {}
    for person in people:
        alike.setdefault(reasons.get(person.number, "absent"), []).append(person.number)
    assert len(alike) > 8, "the shop has hardly anything to tell"
    some = [number for numbers in alike.values() for number in numbers[:1]] + alike[None][1:6]
    explained = [await told(database, number, POLICY) for number in some]
    for one in explained:
        assert tuple(one.verdicts) == RULES
        first = one.reasons[0] if one.reasons else None
        if one.customer not in reasons:
            assert first == "no_recent_sale"
        elif reasons[one.customer] is None:
            assert one.eligible
            assert first in (None, "daily_limit")
        else:
            assert (first, one.eligible) == (reasons[one.customer], False)

    await pick(database, POLICY, COMPANY, CHANNELS, NOW)
    async with database.read() as connection:
        asked = select(Customer.external_id).join(Invitation).where(Invitation.queued_at == NOW)
        picked = set((await connection.execute(asked)).scalars())
    assert {one.customer for one in explained if not one.reasons} == picked & set(some)


async def test_the_next_date_is_the_first_at_which_pick_would_ask(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection, "free")
        await buyer(connection, "fresh", sold_at=NOW - DAY)
        await buyer(connection, "cool", asked_at=NOW - 85 * DAY)
        await buyer(connection, "address")
        await mark_address(connection, "caddress@example.test", asked_at=NOW - 88 * DAY)
        await buyer(connection, "not now", not_before=NOW + 2 * DAY)
        await buyer(connection, "both", sold_at=NOW - DAY, not_before=NOW + 4 * DAY, asked_at=NOW - 87 * DAY)
        late = await buyer(connection, "late", asked_at=NOW - 60 * DAY)
        never_bought = await add_customer(connection, "no sale", email="n@example.test")
    expected = {
        "free": NOW, "fresh": NOW + 2 * DAY, "cool": NOW + 5 * DAY, "address": NOW + 2 * DAY,
        "not now": NOW + 2 * DAY, "both": NOW + 4 * DAY, "late": NOW + 30 * DAY, "no sale": NOW + 3 * DAY,
    }  # fmt: skip
    explained = {number: (await told(database, number)).next for number in expected}
    assert {number: one.at for number, one in explained.items()} == expected
    assert [number for number, one in explained.items() if one.needs_sale] == ["late", "no sale"]

    async with database.begin() as connection:  # the new sale, as early as it helps
        await add_sale(connection, late, "new", sold_at=NOW + 27 * DAY)
        await add_sale(connection, never_bought, "first", sold_at=NOW)
    for number, at in expected.items():
        assert (await reasons_at(database, Policy(), at)).get(number, "absent") is None, number
        before = (await reasons_at(database, Policy(), at - MOMENT)).get(number, "absent")
        assert (before is None) == (number == "free"), number


async def being_asked(database: Database, chance: Random, number: int) -> str:
    """A question asked some days ago waits still or was handed over; number of who bought something else, and has that
    address."""
    queued_at = NOW - chance.randrange(1, 120) * timedelta(hours=1)
    status = chance.choice([DeliveryStatus.QUEUED, DeliveryStatus.LEASED, *HANDED_OVER])
    async with database.begin() as connection:
        asked = await ask_customer(
            connection, str(number), channel="email", queued_at=queued_at, status=status, asked_at=queued_at
        )
        await mark_address(connection, f"c{number}@example.test", asked_at=queued_at)
        is_waiting = status in WAITING
        values = {"handed_at": None if is_waiting else NOW - chance.randrange(0, 30) * timedelta(hours=1)}
        due = {"due_at": NOW + chance.randrange(-20, 60) * timedelta(hours=1)} if is_waiting else {}
        await connection.execute(update(Delivery).where(Delivery.id == asked.delivery_id).values(**values, **due))
        if chance.random() < 0.3:
            await buyer(connection, f"other {number}", email=f"c{number}@example.test")
            return f"other {number}"
        await add_sale(connection, asked.customer_id, f"T{number}")
        return str(number)


async def hand_over(database: Database) -> None:
    """What waits, once it is due."""
    async with database.begin() as connection:
        handed = case((Delivery.due_at > NOW, Delivery.due_at), else_=NOW)
        waiting = update(Delivery).where(Delivery.status.in_(WAITING))
        await connection.execute(waiting.values(status=DeliveryStatus.SENT, handed_at=handed))


@pytest.mark.parametrize("cooldown_days", [0, 1, 2])
async def test_the_next_date_counts_a_day_from_a_hand_over_that_came_late(
    database: Database, cooldown_days: int
) -> None:
    chance, policy = Random(cooldown_days), Policy(cooldown_days=cooldown_days, reminder_days=0)
    numbers = [await being_asked(database, chance, number) for number in range(1, 19)]
    upcoming = {number: (await told(database, number, policy)).next.at or NOW for number in numbers}
    await hand_over(database)
    ahead = {number: at for number, at in upcoming.items() if at > NOW}
    assert len(set(ahead.values())) > 5
    for number, at in upcoming.items():
        assert (await reasons_at(database, policy, at)).get(number, "absent") is None, number
    for number, at in ahead.items():
        assert (await reasons_at(database, policy, at - MOMENT)).get(number, "absent") == "cooldown", number


async def test_what_no_time_heals_has_no_next_date(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection, "stop", opted_out_at=ALWAYS, asked_at=NOW)
        await buyer(connection, "mute", email=None)
        await buyer(connection, "first", email="shared@example.test", lot=1)
        await buyer(connection, "second", email="shared@example.test", lot=2)
    assert [(one.at, one.why) for one in [(await told(database, n)).next for n in ("stop", "mute")]] == [
        (None, "opted_out"),
        (None, "unreachable"),
    ]
    pair = {number: await told(database, number) for number in ("first", "second")}
    (beaten,) = [one for one in pair.values() if not one.eligible]
    (ahead,) = [number for number, one in pair.items() if one.eligible]
    assert (beaten.next.at, beaten.next.why, beaten.comes_first) == (None, "same_person", ahead)


async def test_a_full_day_leaves_tomorrow_and_a_pause_leaves_it_open(database: Database) -> None:
    async with database.begin() as connection:
        await buyer(connection)
    full = await told(database, "1", Policy(daily_limit=0))
    assert (full.eligible, full.reasons, full.next.why) == (True, ["daily_limit"], "daily_limit")
    assert full.next.at == NOW.replace(hour=21), "midnight in Moscow"
    assert is_open(Policy(), COMPANY.zone, full.window)
    assert full.window == NOW.replace(hour=7) + DAY
    async with database.begin() as connection:
        await ensure_endless(connection, DAILY, NOW)
        daily = await find_daily(connection)
        assert await move(connection, daily or 0, (CampaignStatus.RUNNING,), CampaignStatus.PAUSED)
    paused = await told(database, "1", Policy(daily_limit=0))
    assert (paused.eligible, paused.reasons, paused.next.at) == (True, ["paused"], NOW)


async def test_a_reminder_to_come_is_told_and_a_queued_question_too(database: Database) -> None:
    async with database.begin() as connection:
        await ask_customer(connection, "1", queued_at=NOW - 4 * DAY)
        await buyer(connection, "2")
    reminded = await told(database, "1")
    assert (reminded.reminder, reminded.waiting) == (NOW + DAY, [])
    assert (await told(database, "1", replace(Policy(), reminder_days=0))).reminder is None
    await pick(database, Policy(), COMPANY, CHANNELS, NOW)
    queued = await told(database, "2")
    assert [(one.kind, one.channel, one.due_at) for _, one in queued.waiting] == [("question", "email", NOW)]
    assert queued.reasons == ["already_asked", "cooldown"]


async def test_a_pause_of_the_campaign_or_of_everything_is_told_of_what_waits(
    database: Database, tmp_path: Path
) -> None:
    config = await write_config(database, tmp_path)
    await pick(database, Policy(), COMPANY, CHANNELS, NOW)
    assert "приостановлена" not in (await molva(config, "explain", "2", *AS_OF)).output
    for which in ("daily", "--all"):
        assert (await molva(config, "campaigns", "pause", which)).status == 0
        ran = await molva(config, "explain", "2", *AS_OF)
        assert "приостановлена" in ran.output
        (asked,) = (await told(database, "2")).invitations
        assert asked.is_paused
        assert (await molva(config, "campaigns", "resume", which)).status == 0
    (asked,) = (await told(database, "2")).invitations
    assert not asked.is_paused


async def test_the_shops_number_is_read_as_in_imports(database: Database, tmp_path: Path) -> None:
    config = await write_config(database, tmp_path)
    async with database.begin() as connection:
        await buyer(connection, "17850", sold_at=NOW - 4 * DAY)
        await buyer(connection, "a-01")
    ran = await molva(config, "explain", " 17850.0", "--json", *AS_OF)
    document = json.loads(ran.output)
    assert (ran.status, document["customer"]) == (0, "17850")
    assert (document["eligible"], document["reasons"], document["channel"]) == (True, [], "email")
    assert document["next_eligible"] == "2026-11-18T15:00:00+03:00"
    assert [one["rule"] for one in document["rules"]] == [str(rule) for rule in RULES]
    assert "example.test" not in ran.output
    missing = await molva(config, "explain", "A-01", *AS_OF)
    assert (missing.status, missing.stdout) == (1, b"")
    assert "a-01" in missing.stderr


async def test_people_get_every_rule_and_the_past_in_words(database: Database, tmp_path: Path) -> None:
    config = await write_config(database, tmp_path)
    await molva(config, "pick", *AS_OF)
    refused = await molva(config, "explain", "1", *AS_OF)
    asked = await molva(config, "explain", "2", *AS_OF)
    assert (refused.status, asked.status) == (0, 0)
    for line in ("✗ мешает", "отказ", "только если что-то изменится", "ещё ни разу не спрашивали"):
        assert line in refused.output
    for line in (
        "✗ мешает",
        "только после новой покупки",
        "2027-02-16 15:00",
        "в очереди",
        "вопрос, email",
        "ежедневный",
    ):
        assert line in asked.output


async def test_who_was_asked_on_the_site_is_told_apart(database: Database, tmp_path: Path) -> None:
    config = await write_config(database, tmp_path)
    async with database.begin() as connection:
        customer_id = await buyer(connection, "7", sold_at=NOW - 4 * DAY)
        sale_id = (await connection.execute(select(Sale.id).where(Sale.customer_id == customer_id))).scalar_one()
        await add_invitation(
            connection, campaign_id=await find_site(connection, NOW), customer_id=customer_id, sale_id=sale_id,
            at=NOW - DAY, link_until=NOW + DAY,
        )  # fmt: skip
    asked = await molva(config, "explain", "7", *AS_OF)
    assert all(word in asked.output for word in ("вопрос на", "сайте"))  # in a narrow column
