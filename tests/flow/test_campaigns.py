"""An ad-hoc campaign from draft to end: who is asked, once, whatever happens in between."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update

from nps.score import Category
from scheduler.asking.campaigning import CampaignProblem, cancel, cancel_in, create, find, pause, resume
from scheduler.asking.finishing import finish_done
from scheduler.asking.picking import pick
from scheduler.asking.policy import Policy
from scheduler.asking.rules import SkipReason
from scheduler.asking.sending import Sent, send_due
from scheduler.asking.starting import forecast, start
from scheduler.channel import Question, TryLater, Undeliverable
from storage.database import Database
from storage.models import Address, Campaign, Customer, Delivery, Invitation, Response
from storage.statuses import CampaignKind, CampaignStatus, DeliveryStatus, InvitationStatus
from tests.flow.campaigning import CHANNELS, LONG_AGO, SHOP, add_buyer, asked, draft, fill, start_new, together
from tests.flow.channels import ListChannel
from tests.flow.world import COMPANY, NOW, POLICY, add_customer, let_the_wait_end

SAID = [  # an audience, and the customers it lets through
    ({}, [1, 2, 3, 4, 5, 6]),
    ({"sold_from": date(2026, 11, 13)}, [2, 3, 4, 5, 6]),
    ({"sold_to": date(2026, 11, 12)}, [1]),
    ({"sold_from": date(2026, 11, 8), "sold_to": date(2026, 11, 8)}, [1]),
    ({"amount_from": 50_000, "amount_to": 100_000}, [1, 3, 4, 5, 6]),
    ({"products": ("tea", "no such")}, [3]),
    ({"product_groups": ("drinks",)}, [3, 4]),
    ({"stores": ("Тверь",)}, [4]),
    ({"managers": ("Оля", "Петя")}, [4, 5]),
    ({"attributes": {"tier": "gold"}}, [5]),
    ({"attributes": {"tier": "gold", "city": "Тула"}}, []),
    ({"last_category": Category.DETRACTOR}, [6]),
    ({"last_category": Category.PROMOTER}, []),
    ({"answered_to": date(2026, 6, 1)}, [6]),
    ({"last_category": Category.DETRACTOR, "answered_from": date(2026, 6, 1)}, []),
]


async def add_shop(database: Database) -> None:
    """Six customers, each unlike the others."""
    async with database.begin() as connection:
        await add_buyer(connection, 1, sold_at=NOW - timedelta(days=10))
        await add_buyer(connection, 2, amount=200_000)
        await add_buyer(connection, 3, lines=[{"product": "tea", "product_group": "drinks"}, {"product": "cup"}])
        await add_buyer(connection, 4, lines=[{"product_group": "drinks"}], store="Тверь", manager="Оля")
        await add_buyer(connection, 5, attributes={"tier": "gold"}, manager="Петя")
        unhappy = await add_buyer(connection, 6)
        for score, days in ((10, 300), (3, 200)):
            at = NOW - timedelta(days=days)
            answer = {"customer_id": unhappy, "score": score, "channel": "manual", "answered_at": at, "day": at.date()}
            await connection.execute(insert(Response).values(answer))


@pytest.mark.parametrize(("said", "numbers"), SAID)
async def test_an_audience_is_everybody_of_whom_all_that_is_said_holds(
    database: Database, said: dict[str, Any], numbers: list[int]
) -> None:
    await add_shop(database)
    outlook = await forecast(database, SHOP, draft(**said), NOW)
    assert (outlook.audience, outlook.eligible, outlook.queued) == (len(numbers), len(numbers), len(numbers))
    if numbers:
        await start_new(database, **said)
    assert await asked(database) == [str(number) for number in numbers]


async def test_the_seventh_answer_on_record_may_be_suspect_and_is_not_counted(database: Database) -> None:
    await add_shop(database)
    async with database.begin() as connection:
        unhappy = select(Customer.id).where(Customer.external_id == "6").scalar_subquery()
        answer = {"customer_id": unhappy, "score": 10, "channel": "email", "answered_at": NOW, "day": NOW.date()}
        await connection.execute(insert(Response).values(**answer, suspect="too_fast"))
    assert (await forecast(database, SHOP, draft(last_category=Category.DETRACTOR), NOW)).queued == 1


async def test_a_dry_run_says_what_the_start_does(database: Database) -> None:
    await fill(database, 5)
    await fill(database, 3, first=6, opted_out_at=NOW)
    foreseen = await forecast(database, SHOP, draft(sample_size=4), NOW)
    assert await asked(database) == []
    done = await start_new(database, sample_size=4)
    assert done == foreseen
    assert done.skipped == {SkipReason.OPTED_OUT: 3, SkipReason.NOT_SAMPLED: 1}
    assert done.audience == done.queued + sum(done.skipped.values()) == 8
    assert len(await asked(database)) == 4


async def test_started_twice_at_once_everybody_is_asked_once(database: Database) -> None:
    await fill(database, 20)
    await create(database, draft(), POLICY, NOW)
    results = await together(*(start(database, SHOP, "spring", NOW) for _ in range(3)))
    assert sorted(type(one).__name__ for one in results) == ["CampaignProblem", "CampaignProblem", "Outlook"]
    assert await asked(database) == [str(number) for number in range(1, 21)]


async def test_two_campaigns_and_the_daily_round_at_once_ask_nobody_twice(database: Database) -> None:
    await fill(database, 20)
    for name in ("one", "two"):
        await create(database, draft(name), POLICY, NOW)
    results = await together(
        start(database, SHOP, "one", NOW),
        pick(database, POLICY, COMPANY, CHANNELS, NOW),
        start(database, SHOP, "two", NOW),
    )
    assert [one for one in results if isinstance(one, Exception) and not isinstance(one, CampaignProblem)] == []
    assert await asked(database) == [str(number) for number in range(1, 21)]


async def test_where_nobody_can_be_asked_the_draft_stays(database: Database) -> None:
    await fill(database, 2, opted_out_at=NOW)
    with pytest.raises(CampaignProblem) as refused:
        await start_new(database)
    assert refused.value.reason == "nobody"
    async with database.read() as connection:
        assert (await find(connection, "spring")).status is CampaignStatus.DRAFT


async def test_a_relationship_campaign_asks_each_customer_once_about_no_sale(database: Database) -> None:
    async with database.begin() as connection:
        customer = await add_buyer(connection, 1)
        await add_buyer(connection, 2, sold_at=LONG_AGO)
    done = await start_new(database, kind=CampaignKind.RELATIONSHIP)
    assert done.queued == 2
    async with database.read() as connection:
        mine = select(Invitation.sale_id, Invitation.occasion).where(Invitation.customer_id == customer)
        assert tuple((await connection.execute(mine)).one()) == (None, "campaign")


@pytest.mark.parametrize("kind", CampaignKind)
async def test_a_question_knows_its_campaign_and_whether_it_is_about_a_sale(
    database: Database, kind: CampaignKind
) -> None:
    await fill(database, 1)
    await start_new(database, kind=kind)
    channel = ListChannel()
    await send(database, channel)
    [question] = channel.asked
    assert question.campaign == "spring"
    assert question.about_sale is (kind is CampaignKind.TRANSACTIONAL)


async def test_customers_without_a_sale_are_asked_about_the_shop_alone(database: Database) -> None:
    async with database.begin() as connection:
        for number in (1, 2):
            await add_buyer(connection, number)
        await add_customer(connection, "3", telegram="1003")
    assert (await forecast(database, SHOP, draft(kind=CampaignKind.RELATIONSHIP), NOW)).queued == 3
    assert (await forecast(database, SHOP, draft(kind=CampaignKind.TRANSACTIONAL), NOW)).queued == 2


async def test_a_sale_that_was_asked_about_is_not_asked_about_again(database: Database) -> None:
    await fill(database, 1)
    await pick(database, POLICY, COMPANY, CHANNELS, NOW)
    much_later = NOW + timedelta(days=100)
    assert (await forecast(database, SHOP, draft(), much_later)).skipped == {SkipReason.ALREADY_ASKED: 1}
    assert (await forecast(database, SHOP, draft(kind=CampaignKind.RELATIONSHIP), much_later)).queued == 1


@pytest.mark.parametrize(("days", "hours", "queued"), [(7, 7 * 24, 1), (7, 7 * 24 - 1, 0), (0, 24, 1), (0, 23, 0)])
async def test_an_own_cooldown_is_kept_but_never_under_a_day(
    database: Database, days: float, hours: int, queued: int
) -> None:
    await fill(database, 1, asked_at=NOW - timedelta(hours=hours))
    outlook = await forecast(database, SHOP, draft(cooldown_days=days), NOW)
    assert outlook.queued == queued
    assert (await forecast(database, SHOP, draft(), NOW)).skipped == {SkipReason.COOLDOWN: 1}


async def test_the_same_seed_takes_the_same_sample(database: Database) -> None:
    await fill(database, 30)
    await start_new(database, sample_share=0.1, seed=5)
    first = await asked(database)
    async with database.begin() as connection:
        for table in (Delivery, Invitation):
            await connection.execute(delete(table))
        await connection.execute(update(Customer).values(asked_at=None))
        await connection.execute(update(Address).values(asked_at=None))
    await start_new(database, draft("again", sample_size=3, seed=5))
    assert len(first) == 3
    assert await asked(database) == first


async def test_what_was_leased_of_a_paused_campaign_does_not_go_out(database: Database) -> None:
    await fill(database, 12)
    await start_new(database)
    channel = ListChannel(concurrency=2, rate_per_second=1000)
    paused = asyncio.Event()

    async def pause_at_third(question: Question) -> None:
        if len(channel.asked) == 3:
            await pause(database, "spring", NOW)
            paused.set()
        elif len(channel.asked) > 3:  # what is under way stays so until the pause is written down
            await paused.wait()

    channel.reaction = pause_at_third
    done = await send(database, channel)
    assert 3 <= done.sent <= 3 + 2 * channel.concurrency, "no more than what was under way"
    assert await count(database, DeliveryStatus.QUEUED) == 12 - done.sent
    assert (await send(database, channel)).sent == 0
    await resume(database, "spring", NOW)
    await let_the_wait_end(database)
    await send(database, channel)
    assert sorted(channel.addresses) == sorted(str(1000 + number) for number in range(1, 13))


async def test_cancelled_nothing_goes_out_and_whoever_was_not_asked_is_free(database: Database) -> None:
    await fill(database, 3)
    await start_new(database)
    channel = ListChannel(error=TryLater("busy"), errors={"1001": Undeliverable("blocked")})
    channel.errors["1002"] = None  # type: ignore[assignment]
    await send(database, channel)
    assert await count(database, DeliveryStatus.SENT) == 1
    campaign = await cancel(database, "spring", NOW)
    assert campaign.status is CampaignStatus.CANCELLED
    assert campaign.finished_at == NOW
    later = NOW + timedelta(hours=3)
    assert (await send(database, ListChannel(), now=later)).sent == 0
    assert await count(database, DeliveryStatus.CANCELLED) == 1
    async with database.read() as connection:
        free = select(Customer.external_id).where(Customer.asked_at.is_(None)).order_by(Customer.id)
        assert list((await connection.execute(free)).scalars()) == ["1", "3"]
        kept = select(func.count()).where(Invitation.status == InvitationStatus.OPEN)
        assert await connection.scalar(kept) == 1, "who was asked may still answer"


async def test_what_a_cancelled_campaign_did_not_ask_is_asked_by_the_daily_round_once(database: Database) -> None:
    await fill(database, 3)
    await start_new(database)
    channel = ListChannel(error=TryLater("busy"), errors={"1002": None})  # type: ignore[dict-item]
    await send(database, channel)
    await cancel(database, "spring", NOW)
    again = [await pick(database, POLICY, COMPANY, CHANNELS, NOW) for _ in range(2)]
    assert [one.picked for one in again] == [2, 0]
    assert again[1].skipped == {SkipReason.ALREADY_ASKED: 3}
    channel = ListChannel()
    await send(database, channel)
    assert sorted(channel.addresses) == ["1001", "1003"]


async def test_a_cancel_that_was_cut_off_is_completed_by_the_next_sending(database: Database) -> None:
    await fill(database, 3)
    await start_new(database)
    async with database.begin() as connection:
        await connection.execute(update(Campaign).values(status=CampaignStatus.CANCELLED))
    await send(database, ListChannel())
    assert await count(database, DeliveryStatus.CANCELLED) == 3
    async with database.read() as connection:
        assert (await find(connection, "spring")).finished_at == NOW


async def test_while_others_are_still_asked_a_cancelled_one_frees_its_people_and_one_that_is_through_ends(
    database: Database,
) -> None:
    for name, first, people in (("short", 1, 1), ("long", 2, 9), ("spring", 11, 3)):
        await fill(database, people, first)
        await start_new(database, draft(name))
    seen: list[Any] = []

    async def look(_: Question) -> None:
        async with database.begin() as connection:
            if len(channel.asked) == 2:
                await cancel_in(connection, "spring", NOW)
            if len(channel.asked) == 10:
                free = select(Customer.external_id).where(Customer.asked_at.is_(None)).order_by(Customer.id)
                seen.append(list((await connection.execute(free)).scalars()))
                seen.extend([(await find(connection, name)).finished_at for name in ("spring", "short", "long")])

    channel = ListChannel(rate_per_second=5, concurrency=1, reaction=look)
    policy = Policy(reminder_days=0)
    done = await send_due(database, {channel.name: channel}, policy, COMPANY, NOW, tidy_seconds=0.3)
    assert done.sent == 10
    assert seen == [["11", "12", "13"], NOW, NOW, None]


async def test_the_daily_round_can_be_paused_and_never_ends(database: Database) -> None:
    await fill(database, 2)
    await pause(database, "daily", NOW)
    picked = await pick(database, POLICY, COMPANY, CHANNELS, NOW)
    assert (picked.eligible, picked.picked, picked.skipped) == (2, 0, {SkipReason.PAUSED: 2})
    for refused in (cancel(database, "daily", NOW), start(database, SHOP, "daily", NOW)):
        with pytest.raises(CampaignProblem) as problem:
            await refused
        assert problem.value.reason == "endless"
    await resume(database, "daily", NOW)
    assert (await pick(database, POLICY, COMPANY, CHANNELS, NOW)).picked == 2


async def test_it_is_finished_when_nothing_is_left_reminders_included(database: Database) -> None:
    await fill(database, 2)
    await start_new(database)
    assert await finish_done(database, POLICY, NOW) == []
    await send(database, ListChannel())
    assert await status(database) is CampaignStatus.RUNNING, "reminders are still to come"
    assert await finish_done(database, POLICY, NOW + timedelta(days=13)) != []  # too late for a reminder
    assert await status(database) is CampaignStatus.FINISHED


async def test_it_goes_on_until_the_last_who_may_be_reminded_has_answered(database: Database) -> None:
    await fill(database, 3)
    await start_new(database)
    await send(database, ListChannel())
    for number in (3, 1, 2):
        assert await finish_done(database, POLICY, NOW) == []
        async with database.begin() as connection:
            answered = update(Invitation).where(Invitation.id == number)
            await connection.execute(answered.values(status=InvitationStatus.ANSWERED))
    assert await finish_done(database, POLICY, NOW) != []


async def test_a_look_for_its_end_that_took_long_is_made_less_often(database: Database) -> None:
    await fill(database, 2)
    await start_new(database)
    await send(database, ListChannel())
    later, looks = NOW + timedelta(days=13), 0
    assert await finish_done(database, POLICY, NOW, rest=300, long=0.0) == []
    async with asyncio.timeout(30):
        while not await finish_done(database, POLICY, later, rest=300, long=0.0):
            looks += 1
            await asyncio.sleep(0.05)
    assert looks > 0, "it rested first"
    assert await status(database) is CampaignStatus.FINISHED


async def test_without_reminders_it_is_finished_with_the_last_question(database: Database) -> None:
    await fill(database, 2)
    await start_new(database)
    await send(database, ListChannel(), policy=Policy(reminder_days=0))
    assert await status(database) is CampaignStatus.FINISHED


async def test_it_keeps_to_its_channels_and_says_its_own_question(database: Database) -> None:
    await fill(database, 1, email="c1@example.test", language="en")
    await start_new(database, channels=("email",), question={"en": "Would you tell a friend?"})
    email = ListChannel(name="email", address_kind="email", error=Undeliverable("bounced"))
    telegram = ListChannel()
    await send(database, email, telegram)
    assert [question.texts for question in email.asked] == [{"en": "Would you tell a friend?"}]
    assert telegram.asked == []


async def test_a_second_channel_obeys_the_campaigns_own_cooldown(database: Database) -> None:
    await fill(database, 1, email="c1@example.test")
    await start_new(database, cooldown_days=30)
    async with database.begin() as connection:
        month_ago = NOW - timedelta(days=31)
        await connection.execute(update(Address).where(Address.kind == "email").values(asked_at=month_ago))
    email = ListChannel(name="email", address_kind="email")
    await send(database, ListChannel(error=Undeliverable("blocked")), email)
    assert email.addresses == ["c1@example.test"]


async def test_the_newest_sales_come_first_where_the_daily_limit_is_short(database: Database) -> None:
    async with database.begin() as connection:
        for number in range(1, 11):
            await add_buyer(connection, number, sold_at=NOW - timedelta(days=3 + number))
    await pick(database, Policy(daily_limit=3), COMPANY, CHANNELS, NOW)
    assert await asked(database) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"name": ""}, "name_empty"),
        ({"name": "a\nb"}, "name_empty"),
        ({"name": "daily"}, "name_reserved"),
        ({"name": "12"}, "name_reserved"),
        ({"sold_from": date(2026, 11, 2), "sold_to": date(2026, 11, 1)}, "ends_early"),
        ({"amount_from": 2, "amount_to": 1}, "ends_early"),
        ({"sample_size": 0}, "no_sample"),
        ({"sample_share": 1.5}, "no_share"),
        ({"cooldown_days": -1}, "no_cooldown"),
        ({"channels": ("fax",)}, "channel"),
        ({"question": {"ru": " "}}, "question"),
        ({"question": {"ru": "q" * 1001}}, "question_long"),
    ],
)
async def test_a_draft_that_cannot_be_is_refused(database: Database, wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(CampaignProblem) as refused:
        await create(database, draft(**wrong), POLICY, NOW)
    assert refused.value.reason == reason


@pytest.mark.parametrize("wide", [{"sold_from": date.min}, {"sold_to": date.max}])
async def test_days_without_end_leave_nobody_out(database: Database, wide: dict[str, Any]) -> None:
    await fill(database, 2)
    assert (await forecast(database, SHOP, draft(**wide), NOW)).queued == 2


async def test_names_are_taken_once_and_numbers_find_too(database: Database) -> None:
    kept = await create(database, draft(), POLICY, NOW)
    with pytest.raises(CampaignProblem, match="name_taken"):
        await create(database, draft(), POLICY, NOW)
    async with database.read() as connection:
        assert await find(connection, str(kept.id)) == kept
        with pytest.raises(CampaignProblem, match="unknown"):
            await find(connection, "summer")


async def send(database: Database, *channels: ListChannel, policy: Policy = POLICY, now: object = NOW) -> Sent:
    return await send_due(database, {one.name: one for one in channels}, policy, COMPANY, now)  # type: ignore[arg-type]


async def count(database: Database, wanted: DeliveryStatus) -> int:
    async with database.read() as connection:
        return (await connection.execute(select(func.count()).where(Delivery.status == wanted))).scalar_one()


async def status(database: Database) -> CampaignStatus:
    async with database.read() as connection:
        return (await find(connection, "spring")).status
