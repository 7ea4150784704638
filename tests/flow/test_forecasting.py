"""What a campaign may bring: answers by the response rate so far, the margin they leave, the time it takes."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, update

from nps.interval import ASSUMED_VARIANCE, adjusted, expected_margin
from nps.score import Counts
from scheduler.asking.forecasting import Outlook
from scheduler.asking.policy import Policy
from scheduler.asking.starting import forecast
from storage.database import Database
from storage.models import Invitation, Response
from storage.statuses import InvitationStatus
from tests.flow.campaigning import SHOP, draft, fill
from tests.flow.world import NOW, ask_customer


async def test_before_anybody_was_asked_no_answers_are_foretold(database: Database) -> None:
    await fill(database, 4)
    outlook = await forecast(database, SHOP, draft(), NOW)
    assert (outlook.response_rate, outlook.expected_answers, outlook.expected_margin) == (None, None, None)


async def test_answers_are_foretold_by_the_response_rate_so_far(database: Database) -> None:
    await past(database, asked=40, answered=10)
    await fill(database, 60, first=100)
    outlook = await forecast(database, SHOP, draft(), NOW)
    assert outlook.response_rate == 25
    assert outlook.expected_answers == 15
    assert outlook.is_variance_assumed
    assert outlook.expected_margin == expected_margin(15, variance=ASSUMED_VARIANCE)


async def test_the_margin_goes_by_the_spread_of_the_answers_so_far(database: Database) -> None:
    await past(database, asked=40, answered=40)
    await fill(database, 20, first=100)
    outlook = await forecast(database, SHOP, draft(), NOW)
    assert not outlook.is_variance_assumed
    assert outlook.expected_margin == expected_margin(
        20, variance=adjusted(Counts(promoters=20, detractors=20)).variance
    )


@pytest.mark.parametrize(
    ("now", "rate", "end"),
    [
        ("2026-11-18T12:00+03:00", 1.0, "2026-11-18T12:00:04+03:00"),
        ("2026-11-18T20:00+03:00", 1.0, "2026-11-19T10:00:04+03:00"),  # the window opens in the morning
        ("2026-11-20T18:59:58+03:00", 1.0, "2026-11-23T10:00:02+03:00"),  # over a weekend
        ("2026-11-18T12:00+03:00", 4 / (3 * 9 * 3600), "2026-11-23T12:00:00+03:00"),  # three windows of nine hours
    ],
)
async def test_the_end_reckons_with_the_send_window(database: Database, now: str, rate: float, end: str) -> None:
    await fill(database, 4)
    shop = replace(SHOP, rates={"telegram": rate})
    outlook = await forecast(database, shop, draft(), datetime.fromisoformat(now))
    assert outlook.seconds_needed == 4 / rate
    assert outlook.expected_end is not None
    assert abs(outlook.expected_end - datetime.fromisoformat(end)) < timedelta(milliseconds=1)


async def test_an_end_years_away_is_not_foretold(database: Database) -> None:
    await fill(database, 2)
    rare = replace(SHOP, policy=Policy(hours=("10:00", "10:01"), weekdays=("mon",)), rates={"telegram": 1e-6})
    assert (await forecast(database, rare, draft(), NOW)).expected_end is None


def test_a_margin_is_the_answers_needed_the_other_way_round() -> None:
    assert expected_margin(1, variance=0.61) is None
    assert expected_margin(97, variance=0.5) == pytest.approx(100 * 1.959964 * (0.5 / 100) ** 0.5)


def test_what_others_asked_meanwhile_is_in_the_cool_down() -> None:
    outlook = Outlook(
        audience=3, eligible=3, queued=3, by_channel={}, skipped={}, unknown_names={}, by_language={},
        response_rate=None, expected_answers=None, expected_margin=None, is_variance_assumed=True, seconds_needed=0,
        expected_end=None,
    )  # fmt: skip
    lost = outlook.after_losing(2)
    assert (lost.eligible, lost.queued, dict(lost.skipped)) == (1, 1, {"cooldown": 2})
    assert lost.audience == lost.queued + sum(lost.skipped.values())


async def past(database: Database, *, asked: int, answered: int) -> None:
    """So many asked an hour ago, so many of them with an answer: promoters and detractors by turns."""
    async with database.begin() as connection:
        for number in range(1, asked + 1):
            seeded = await ask_customer(connection, str(number))
            if number > answered:
                continue
            mine = update(Invitation).where(Invitation.id == seeded.invitation_id)
            await connection.execute(mine.values(status=InvitationStatus.ANSWERED, answered_at=NOW))
            answer = {
                "invitation_id": seeded.invitation_id, "customer_id": seeded.customer_id, "channel": "telegram",
                "score": (2, 10)[number % 2], "answered_at": NOW, "day": NOW.date(),
            }  # fmt: skip
            await connection.execute(insert(Response).values(**answer))
