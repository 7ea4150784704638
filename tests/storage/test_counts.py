"""Figures are counted by local day, without suspects, and silence by its kind."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from nps.score import Category
from storage.counts import count_comments, count_scores, count_suspects, newest_remarks
from storage.database import Connection, Database
from storage.models import Address, Customer, Delivery, Invitation, Response
from storage.periods import claim_period
from storage.reach import Silence, count_reach, count_unanswered, first_invitation_at
from storage.statuses import DeliveryKind, DeliveryStatus
from tests.flow.world import NOW, Seeded, add_customer, ask_customer

MONDAY, SUNDAY = date(2026, 11, 16), date(2026, 11, 22)
START, END = datetime(2026, 11, 15, 21, tzinfo=UTC), datetime(2026, 11, 22, 21, tzinfo=UTC)
LATER = END + timedelta(hours=12)


async def answer(connection: Connection, score: int, day: date = MONDAY, **values: Any) -> None:
    row = {"score": score, "channel": "telegram", "answered_at": NOW, "day": day, **values}
    await connection.execute(insert(Response).values(row))


async def test_answers_are_counted_per_day_and_score_within_the_days_asked_for(database: Database) -> None:
    async with database.begin() as connection:
        customer = await add_customer(connection)
        for score, day in ((9, MONDAY), (9, MONDAY), (0, MONDAY), (10, SUNDAY)):
            await answer(connection, score, day, customer_id=customer)
        for day in (MONDAY - timedelta(days=1), SUNDAY + timedelta(days=1)):
            await answer(connection, 5, day, customer_id=customer)
        assert await count_scores(connection, MONDAY, SUNDAY) == {MONDAY: {0: 1, 9: 2}, SUNDAY: {10: 1}}


async def test_a_suspect_answer_counts_only_once_it_is_accepted(database: Database) -> None:
    async with database.begin() as connection:
        customer = await add_customer(connection)
        await answer(connection, 0, suspect="scanner", comment="!", customer_id=customer)
        await answer(connection, 3, suspect="scanner", accepted_at=NOW, comment="why not", customer_id=customer)
        assert await count_scores(connection, MONDAY, SUNDAY) == {MONDAY: {3: 1}}
        assert await count_suspects(connection, MONDAY, SUNDAY) == 1
        assert await count_comments(connection, MONDAY, SUNDAY) == 1
        remarks = await newest_remarks(connection, MONDAY, SUNDAY, scores=Category.DETRACTOR.scores, limit=9)
        assert [remark.text for remark in remarks] == ["why not"]


async def test_remarks_are_the_newest_of_the_scores_asked_for_with_the_shops_own_numbers(database: Database) -> None:
    async with database.begin() as connection:
        seeded = await ask_customer(connection, "17", name="Анна")
        who: dict[str, Any] = {"customer_id": seeded.customer_id}
        await answer(connection, 6, comment="первый", sale_id=seeded.sale_id, **who)
        for minutes, score, comment in ((1, 7, "не критик"), (2, 4, ""), (3, 2, "второй"), (4, 0, "третий")):
            await answer(connection, score, comment=comment, **who | {"answered_at": NOW + timedelta(minutes=minutes)})
        remarks = await newest_remarks(connection, MONDAY, SUNDAY, scores=Category.DETRACTOR.scores, limit=2)
        assert [(remark.score, remark.text, remark.sale) for remark in remarks] == [
            (0, "третий", None),
            (2, "второй", None),
        ]
        every = await newest_remarks(connection, MONDAY, SUNDAY, scores=Category.DETRACTOR.scores, limit=9)
        assert (every[-1].customer, every[-1].customer_name, every[-1].sale) == ("17", "Анна", "S17")


async def test_what_was_refused_at_once_was_not_sent_and_what_bounced_later_was(database: Database) -> None:
    async with database.begin() as connection:
        await hand_over(connection, "1", answered_at=NOW)
        await hand_over(connection, "2")
        await hand_over(connection, "3", status=DeliveryStatus.UNKNOWN)
        await hand_over(connection, "4", status=DeliveryStatus.UNDELIVERABLE, reason="blocked", reference=None)
        await hand_over(connection, "5", status=DeliveryStatus.UNDELIVERABLE, reason="bounced")
        await hand_over(connection, "6", handed_at=START - timedelta(seconds=1))
        await hand_over(connection, "7", handed_at=END)
        await hand_over(connection, "8", status=DeliveryStatus.QUEUED, handed_at=None)
        reach = await count_reach(connection, START, END, as_of=LATER)
        assert (reach.sent, reach.reached, reach.answered) == (4, 3, 1)


async def test_an_answer_after_the_moment_asked_for_is_not_known_yet(database: Database) -> None:
    async with database.begin() as connection:
        await hand_over(connection, "1", answered_at=LATER + timedelta(hours=1))
        assert (await count_reach(connection, START, END, as_of=LATER)).answered == 0
        assert (await count_unanswered(connection, START, END, as_of=LATER))[Silence.SILENT] == 1
        assert (await count_reach(connection, START, END, as_of=LATER + timedelta(hours=1))).answered == 1
        assert (await count_unanswered(connection, START, END, as_of=LATER + timedelta(hours=1)))[Silence.SILENT] == 0


UNDELIVERABLE = DeliveryStatus.UNDELIVERABLE


@pytest.mark.parametrize(
    ("delivery", "address", "customer", "kind"),
    [
        ({}, {}, {}, Silence.SILENT),
        ({"status": DeliveryStatus.SENDING}, {}, {}, Silence.SILENT),
        ({"status": DeliveryStatus.UNKNOWN}, {}, {}, Silence.UNKNOWN),
        ({"status": UNDELIVERABLE, "reason": "blocked"}, {}, {}, Silence.BLOCKED),
        ({"status": UNDELIVERABLE, "reason": "no_chat"}, {}, {}, Silence.BLOCKED),
        ({"status": UNDELIVERABLE, "reason": "refused"}, {}, {}, Silence.BOUNCED),
        ({}, {"undeliverable_at": NOW, "undeliverable_reason": "blocked"}, {}, Silence.BLOCKED),
        ({}, {"undeliverable_at": NOW, "undeliverable_reason": "bounced"}, {}, Silence.BOUNCED),
        ({}, {"undeliverable_at": LATER + timedelta(days=1), "undeliverable_reason": "blocked"}, {}, Silence.SILENT),
        ({}, {"opted_out_at": NOW}, {}, Silence.OPTED_OUT),
        ({"status": UNDELIVERABLE, "reason": "blocked"}, {}, {"opted_out_at": NOW}, Silence.OPTED_OUT),
    ],
)
async def test_silence_has_a_kind(
    database: Database, delivery: dict[str, Any], address: dict[str, Any], customer: dict[str, Any], kind: Silence
) -> None:
    async with database.begin() as connection:
        seeded = await hand_over(connection, "1", **delivery)
        if address:
            await connection.execute(update(Address).values(address))
        if customer:
            await connection.execute(update(Customer).where(Customer.id == seeded.customer_id).values(customer))
        counted = await count_unanswered(connection, START, END, as_of=LATER)
    assert counted == {each: int(each is kind) for each in Silence}


async def test_a_customer_who_was_reached_on_the_second_channel_counts_once_as_silent(database: Database) -> None:
    async with database.begin() as connection:
        seeded = await hand_over(connection, "1", status=DeliveryStatus.UNDELIVERABLE, reason="blocked")
        other = await ask_customer(connection, "2", channel="email")
        moved = {"invitation_id": seeded.invitation_id, "kind": DeliveryKind.QUESTION, "channel": "email"}
        await connection.execute(
            update(Delivery).where(Delivery.id == other.delivery_id).values(handed_at=NOW, reference="m", **moved)
        )
        counted = await count_unanswered(connection, START, END, as_of=LATER)
    assert counted == {each: int(each is Silence.SILENT) for each in Silence}


async def test_a_period_is_claimed_once_per_job(database: Database) -> None:
    async with database.begin() as connection:
        assert await claim_period(connection, job="digest", period="2026-W47", now=NOW)
        assert not await claim_period(connection, job="digest", period="2026-W47", now=NOW)
        assert await claim_period(connection, job="digest", period="2026-W48", now=NOW)
        assert await claim_period(connection, job="other", period="2026-W47", now=NOW)


async def test_the_first_invitation_is_known(database: Database) -> None:
    async with database.begin() as connection:
        assert await first_invitation_at(connection) is None
        await ask_customer(connection, "1", queued_at=NOW)
        await ask_customer(connection, "2", queued_at=START)
        assert await first_invitation_at(connection) == START


async def hand_over(
    connection: Connection, number: str, *, answered_at: datetime | None = None, **delivery: Any
) -> Seeded:
    """A customer whose question was handed over in the week, in the way that `delivery` says."""
    seeded = await ask_customer(connection, number, queued_at=NOW)
    values = {"handed_at": NOW, "reference": f"m{number}", **delivery}
    await connection.execute(update(Delivery).where(Delivery.id == seeded.delivery_id).values(values))
    await connection.execute(
        update(Invitation).where(Invitation.id == seeded.invitation_id).values(answered_at=answered_at)
    )
    return seeded
