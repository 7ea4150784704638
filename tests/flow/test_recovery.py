"""After a case was resolved: the customer is asked again in spite of the cool-down, once; the outcome is counted."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.loopback.bot_api import BotApiServer
from bot.reports.text import paragraphs, plain
from bot.telegram.voice import Voice
from scheduler.answering import record_score
from scheduler.asking.asking_again import ask_again
from scheduler.asking.explaining import explain
from scheduler.asking.picking import pick
from scheduler.figures.digest import digest_of_week
from scheduler.figures.periods import Week
from scheduler.figures.recovery import NONE_RESOLVED, Recovery, read_recovery
from scheduler.noting import note_score
from storage import campaigns
from storage.campaigns import RECOVERY
from storage.database import Database
from storage.erasing import erase_customer
from storage.models import Address, Campaign, Case, Customer, Delivery, Invitation, Sale
from storage.statuses import CampaignStatus, CaseStatus, ResponseChannel
from tests.flow.command import molva
from tests.flow.floor import Floor, add_people, open_floor
from tests.flow.world import COMPANY, NOW, POLICY, ask_customer

CHANNELS = (("telegram", "telegram"),)
PAUSE = timedelta(days=POLICY.case_pause_days)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def floor(database: Database) -> AsyncIterator[Floor]:
    """A case was opened and resolved at NOW."""
    async with BotApiServer() as api:
        add_people(api)
        async with open_floor(database, api) as opened:
            await opened.answer(3)
            await opened.tap("resolve")
            yield opened


async def again(database: Database, later: timedelta, **policy: object) -> int:
    return await ask_again(database, replace(POLICY, **policy), COMPANY, CHANNELS, NOW + later)  # type: ignore[arg-type]


async def recovery(database: Database, later: timedelta = PAUSE) -> Recovery:
    async with database.read() as connection:
        return await read_recovery(connection, NOW + later + MINUTE)


async def newest_token(database: Database) -> str:
    async with database.read() as connection:
        return (await connection.execute(select(Invitation.token).order_by(Invitation.id.desc()).limit(1))).scalar_one()


async def test_after_the_pause_they_are_asked_once_without_any_new_sale(floor: Floor) -> None:
    assert await again(floor.database, PAUSE - MINUTE) == 0
    dry = await ask_again(floor.database, POLICY, COMPANY, CHANNELS, NOW + PAUSE, dry_run=True)
    assert dry == 1
    assert await again(floor.database, PAUSE) == 1, "the cool-down of 90 days says otherwise"
    assert await again(floor.database, PAUSE + MINUTE) == 0
    async with floor.database.read() as connection:
        asked = (
            await connection.execute(
                select(Campaign.name, Invitation.sale_id, Invitation.occasion, Customer.asked_at)
                .join_from(Invitation, Campaign, Campaign.id == Invitation.campaign_id)
                .join(Customer, Customer.id == Invitation.customer_id)
                .order_by(Invitation.id.desc())
            )
        ).first()
    assert asked is not None
    assert (asked.name, asked.sale_id, asked.occasion) == (RECOVERY, None, f"case:{await floor.case('id')}")
    assert asked.asked_at == NOW + PAUSE
    assert (await pick(floor.database, POLICY, COMPANY, CHANNELS, NOW + PAUSE + MINUTE)).picked == 0


async def test_a_question_of_yesterday_keeps_its_twenty_four_hours(floor: Floor) -> None:
    async with floor.database.begin() as connection:
        await connection.execute(update(Customer).values(asked_at=NOW - MINUTE, not_before=None))
        await connection.execute(update(Address).values(asked_at=NOW - MINUTE))
        await connection.execute(update(Delivery).values(handed_at=NOW - MINUTE))
    assert await again(floor.database, timedelta(hours=23), case_pause_days=0) == 0
    assert await again(floor.database, timedelta(hours=24), case_pause_days=0) == 1


@pytest.mark.parametrize(
    "change",
    [
        update(Customer).values(opted_out_at=NOW),
        update(Address).values(opted_out_at=NOW),
        update(Address).values(undeliverable_at=NOW),
        update(Address).values(asked_at=NOW + MINUTE),  # the same person under another number
        update(Customer).values(asked_at=NOW + MINUTE),
        update(Customer).values(consent=False),
        update(Customer).values(not_before=NOW + PAUSE + MINUTE),
        update(Case).values(status="open"),
        update(Case).values(resolved_at=NOW - timedelta(days=31)),  # too late
    ],
)
async def test_the_other_rules_stand(floor: Floor, change: object) -> None:
    async with floor.database.begin() as connection:
        await connection.execute(change)  # type: ignore[call-overload]
    assert await again(floor.database, PAUSE) == 0


async def test_a_pause_of_the_round_or_a_full_day_holds_it_up(floor: Floor) -> None:
    assert await again(floor.database, PAUSE, daily_limit=0) == 0
    async with floor.database.begin() as connection:
        await campaigns.ensure_endless(connection, RECOVERY, NOW)
        await connection.execute(update(Campaign).where(Campaign.name == RECOVERY).values(status=CampaignStatus.PAUSED))
    assert await again(floor.database, PAUSE) == 0


async def test_who_has_said_something_since_is_not_asked_and_counts(floor: Floor) -> None:
    async with floor.database.begin() as connection:
        await note_score(
            connection, POLICY, COMPANY, customer="1", sale=None, score=9, comment=None, by="Ольга", at=NOW + MINUTE
        )  # fmt: skip
    assert await again(floor.database, PAUSE) == 0
    assert await recovery(floor.database) == Recovery(resolved=1, answered=1, recovered=1)


@pytest.mark.parametrize(("score", "recovered"), [(6, 0), (7, 1), (10, 1)])
async def test_who_is_in_a_higher_category_afterwards_is_recovered(floor: Floor, score: int, recovered: int) -> None:
    assert await recovery(floor.database) == Recovery(resolved=1, answered=0, recovered=0)
    assert (await recovery(floor.database)).rate is None
    await again(floor.database, PAUSE)
    async with floor.database.begin() as connection:
        await record_score(
            connection, POLICY, COMPANY, token=await newest_token(floor.database), score=score,
            channel=ResponseChannel.TELEGRAM, now=NOW + PAUSE + MINUTE,
        )  # fmt: skip
    found = await recovery(floor.database, PAUSE + MINUTE)
    assert (found.answered, found.recovered, found.rate) == (1, recovered, 100.0 * recovered)


async def test_a_score_changed_for_the_better_after_it_was_resolved_counts_as_well(floor: Floor) -> None:
    floor.now += MINUTE
    await floor.answer(9)
    assert await recovery(floor.database) == Recovery(resolved=1, answered=1, recovered=1)
    assert await again(floor.database, PAUSE) == 0
    await floor.write("/cases")
    assert "За год вернули расположение 1 из 1 ответивших повторно (решено обращений: 1)." in (floor.own[-1].text or "")


async def test_those_who_may_not_be_asked_keep_nobody_behind_them_waiting(floor: Floor) -> None:
    async with floor.database.begin() as connection:
        others = [await ask_customer(connection, str(number)) for number in (2, 3, 4)]
    for asked in others:
        await floor.answer(2, asked=asked)
    async with floor.database.begin() as connection:
        resolved = {"status": CaseStatus.RESOLVED, "resolved_at": NOW}
        await connection.execute(update(Case).values(resolved))
        barred = update(Customer).where(Customer.external_id.in_(("1", "2")))
        await connection.execute(barred.values(opted_out_at=NOW))

    async def ask(*, dry_run: bool, limit: int = 200) -> int:
        policy = replace(POLICY, daily_limit=limit)
        return await ask_again(
            floor.database, policy, COMPANY, CHANNELS, NOW + PAUSE, dry_run=dry_run, at_once=1
        )  # fmt: skip

    assert await ask(dry_run=True) == 2
    assert await ask(dry_run=True, limit=1) == 1
    assert await ask(dry_run=False) == 2
    assert await ask(dry_run=False) == 0


async def test_what_is_resolved_at_the_very_end_of_a_week_counts_from_the_next_one_on(floor: Floor) -> None:
    async with floor.database.read() as connection:
        assert await read_recovery(connection, NOW, as_of=NOW + PAUSE) == NONE_RESOLVED
        assert (await read_recovery(connection, NOW + timedelta(days=365))).resolved == 1


async def test_years_ago_does_not_count(floor: Floor) -> None:
    assert (await recovery(floor.database, timedelta(days=366))).resolved == 0


async def test_the_digest_tells_it_of_the_year_that_ends_with_its_week_and_by_store(floor: Floor) -> None:
    async def told(later: timedelta, *, store: str | None = None, as_of: datetime | None = None) -> Recovery:
        week = Week.of((NOW + later).date())
        async with floor.database.read() as connection:
            digest = await digest_of_week(
                connection, COMPANY, week, as_of or NOW + later + timedelta(days=7), store=store
            )
            shown = plain(paragraphs(digest, COMPANY))
        assert ("Вернули расположение" in shown) == (digest.recovery.rate is not None)
        return digest.recovery

    async with floor.database.begin() as connection:
        await connection.execute(update(Sale).values(store="Центр"))
    floor.now += MINUTE
    await floor.answer(9)
    assert await told(timedelta(0)) == Recovery(resolved=1, answered=1, recovered=1)
    assert await told(timedelta(0), store="Центр") == Recovery(resolved=1, answered=1, recovered=1)
    assert await told(timedelta(0), store="Север") == NONE_RESOLVED
    assert await told(timedelta(0), as_of=NOW) == Recovery(resolved=1, answered=0, recovered=0), "not yet known then"
    assert await told(-timedelta(days=7)) == NONE_RESOLVED, "the week before"
    assert await told(timedelta(days=370)) == NONE_RESOLVED, "a year later"


def test_the_question_says_why_it_is_asked_again() -> None:
    asked = Voice(COMPANY, POLICY, "ru").question(is_recovery=True)
    assert "Недавно вы остались нами недовольны" in asked


async def test_cases_are_listed_and_shown_on_the_command_line(floor: Floor, database_url: str, tmp_path: Path) -> None:
    async with floor.database.begin() as connection:
        other = await ask_customer(connection, "2", name="Борис")
    await floor.answer(2, "Грубо", asked=other)
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{database_url}"\n')
    listed = json.loads((await molva(config, "cases", "list", "--json")).output)
    assert [case["customer"] for case in listed["cases"]] == ["2"]
    assert listed["recovery"] == {"resolved": 1, "answered": 0, "recovered": 0, "rate": None}
    everything = json.loads((await molva(config, "cases", "list", "--all", "--json")).output)
    number = str(everything["cases"][1]["id"])
    shown = json.loads((await molva(config, "cases", "show", number, "--json")).output)
    assert [step["kind"] for step in shown["steps"]] == ["opened", "resolved"]
    assert "решено: Ольга" in (await molva(config, "cases", "show", number)).output
    table = await molva(config, "cases", "list")
    assert "Борис" in table.output
    assert "Грубо" in table.output
    async with floor.database.begin() as connection:
        await erase_customer(connection, other.customer_id, NOW)
    erased = await molva(config, "cases", "list")
    assert ("удалён" in erased.output, "erased" in erased.output) == (True, False)
    missing = await molva(config, "cases", "show", "999")
    assert (missing.status, missing.stderr) == (
        1,
        "molva: нет обращения 999: все показывает `molva cases list --all`\n",
    )


async def test_the_explanation_says_when_they_are_asked_again(floor: Floor) -> None:
    async def told(later: timedelta) -> datetime | None:
        explained = await explain(floor.database, POLICY, COMPANY, CHANNELS, NOW + later, number="1")
        return explained.recovery

    assert await told(MINUTE) == NOW + PAUSE
    await again(floor.database, PAUSE)
    assert await told(PAUSE + MINUTE) is None
