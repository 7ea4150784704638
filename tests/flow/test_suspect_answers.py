"""Answers that may be no person's: kept, counted apart, replaced by a person's, accepted by staff."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from scheduler.noting import note_score
from storage.database import Database
from storage.models import Case, Invitation, Response, ResponseChange
from tests.flow.command import molva
from tests.flow.test_web_pages import Clock
from tests.flow.visitor import Visitor
from tests.flow.world import COMPANY, NOW, POLICY, Seeded, ask_customer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(database: Database, clock: Clock) -> AsyncIterator[Visitor]:
    async with open_pages(database, clock) as opened:
        yield opened


@asynccontextmanager
async def open_pages(database: Database, clock: Clock) -> AsyncIterator[Visitor]:
    async def health() -> dict[str, str]:
        return {}

    app = build_web(database, web=WebSettings(), company=COMPANY, survey=POLICY, now=clock, health=health)
    async with HttpServer(app) as server, Visitor(database, server.url, clock) as opened:
        yield opened


@pytest.fixture
async def asked(database: Database) -> Seeded:
    async with database.begin() as connection:
        return await ask_customer(connection, channel="email", language="ru")


async def stamp_of(client: Visitor, token: str) -> str:
    """What the page sends back with its form."""
    return stamp_in((await client.get(f"/r/{token}")).text)


def stamp_in(page: str) -> str:
    found = re.search(r'name="stamp" value="([^"]+)"', page)
    assert found
    return found[1]


async def standing(database: Database) -> tuple[int, str | None, str | None, str]:
    """(score, comment, why it is suspect, the invitation's status)"""
    async with database.read() as connection:
        statement = select(Response.score, Response.comment, Response.suspect, Invitation.status).join(
            Invitation, Invitation.id == Response.invitation_id
        )
        score, comment, suspect, status = (await connection.execute(statement)).one()
        return score, comment, suspect, status


async def versions(database: Database) -> list[tuple[int, str | None, str | None]]:
    async with database.read() as connection:
        kept = select(ResponseChange.score, ResponseChange.comment, ResponseChange.suspect).order_by(ResponseChange.id)
        return [(row.score, row.comment, row.suspect) for row in await connection.execute(kept)]


async def test_an_answer_sooner_than_a_person_could_is_suspect(
    client: Visitor, asked: Seeded, database: Database, clock: Clock
) -> None:
    form = {"score": "0", "stamp": await stamp_of(client, asked.token)}
    clock.now += timedelta(seconds=0.2)
    assert (await client.post(f"/r/{asked.token}", data=form)).status_code == 200
    assert await standing(database) == (0, None, "too_fast", "open")
    async with database.read() as connection:
        assert (await connection.execute(select(Case.id))).all() == []


@pytest.mark.parametrize("seconds", [0.4, 4_000_000])
async def test_a_person_may_take_any_time(
    client: Visitor, asked: Seeded, database: Database, clock: Clock, seconds: float
) -> None:
    form = {"score": "9", "stamp": await stamp_of(client, asked.token)}
    clock.now += timedelta(seconds=seconds)
    await client.post(f"/r/{asked.token}", data=form)
    assert await standing(database) == (9, None, None, "answered")


@pytest.mark.parametrize("stamp", ["", "x", "19a.0123456789abcdef", "й" * 99, "\x00", None])
async def test_an_answer_without_its_page_is_suspect_and_a_person_takes_its_place(
    client: Visitor, asked: Seeded, database: Database, stamp: str | None
) -> None:
    form = {"score": "3", "comment": "бот"} | ({} if stamp is None else {"stamp": stamp})
    assert (await client.post(f"/r/{asked.token}", data=form)).status_code == 200
    assert await standing(database) == (3, "бот", "no_page", "open")
    await client.fill_in(f"/r/{asked.token}", {"score": "9"})
    assert await standing(database) == (9, None, None, "answered")
    await client.post(f"/r/{asked.token}", data=form)
    assert await standing(database) == (9, None, None, "answered")
    assert (await versions(database))[-1] == (3, "бот", "no_page")


async def test_the_thanks_carry_a_stamp_for_what_is_said_after_them(
    client: Visitor, asked: Seeded, database: Database, clock: Clock
) -> None:
    thanks = await client.post(f"/r/{asked.token}", data={"score": "3"})
    clock.now += timedelta(seconds=5)
    await client.post(f"/r/{asked.token}", data={"score": "3", "comment": "Долго", "stamp": stamp_in(thanks.text)})
    assert await standing(database) == (3, "Долго", None, "answered")


async def test_a_page_outlives_a_restart(client: Visitor, asked: Seeded, database: Database, clock: Clock) -> None:
    form = {"score": "9", "stamp": await stamp_of(client, asked.token)}
    clock.now += timedelta(days=1)
    async with open_pages(database, clock) as restarted:
        await restarted.post(f"/r/{asked.token}", data=form)
    assert await standing(database) == (9, None, None, "answered")


async def test_a_stamp_of_another_page_is_none(client: Visitor, asked: Seeded, database: Database) -> None:
    async with database.begin() as connection:
        other = await ask_customer(connection, "2", channel="email")
    await client.post(f"/r/{asked.token}", data={"score": "9", "stamp": await stamp_of(client, other.token)})
    assert await standing(database) == (9, None, "no_page", "open")


async def test_a_person_takes_the_place_of_a_robot(
    client: Visitor, asked: Seeded, database: Database, clock: Clock
) -> None:
    await client.fill_in(f"/r/{asked.token}", {"score": "0", "comment": "buy now", "website": "http://spam.test"})
    assert await standing(database) == (0, "buy now", "trap", "open")
    page = await client.get(f"/r/{asked.token}")
    assert "buy now" not in page.text
    assert "Вы уже ответили" not in page.text
    clock.now += timedelta(days=20)  # longer than an answer may be changed
    await client.fill_in(f"/r/{asked.token}", {"score": "0"})
    assert await standing(database) == (0, None, None, "answered")
    async with database.read() as connection:
        row = (await connection.execute(select(Response.answered_at, Response.day))).one()
    assert (row.answered_at, row.day) == (clock.now, COMPANY.local_day(clock.now))


async def test_a_robot_does_not_displace_a_person(
    client: Visitor, asked: Seeded, database: Database, clock: Clock
) -> None:
    await client.fill_in(f"/r/{asked.token}", {"score": "9", "comment": "Тепло"})
    clock.now += timedelta(days=1)
    await client.fill_in(f"/r/{asked.token}", {"score": "0", "comment": "spam", "website": "x"})
    assert await standing(database) == (9, "Тепло", None, "answered")
    assert (await versions(database))[-1] == (0, "spam", "trap")


async def test_several_scores_within_seconds_are_suspect_and_two_are_not(
    client: Visitor, asked: Seeded, database: Database, clock: Clock
) -> None:
    for score in (3, 8):
        await client.fill_in(f"/r/{asked.token}", {"score": score})
        assert await standing(database) == (score, None, None, "answered")
    for score in (5, 6, 7):
        await client.fill_in(f"/r/{asked.token}", {"score": score})
        assert await standing(database) == (score, None, "many_scores", "open")
    clock.now += timedelta(seconds=6)
    await client.fill_in(f"/r/{asked.token}", {"score": "10"})
    assert await standing(database) == (10, None, None, "answered")


async def test_several_scores_within_seconds_leave_an_older_answer_as_it_was(
    client: Visitor, asked: Seeded, database: Database, clock: Clock
) -> None:
    await client.fill_in(f"/r/{asked.token}", {"score": "9", "comment": "Тепло"})
    clock.now += timedelta(days=1)
    for score in range(8):
        await client.fill_in(f"/r/{asked.token}", {"score": score})
    assert await standing(database) == (9, "Тепло", None, "answered")


async def test_what_staff_write_down_takes_the_place_of_a_robots_answer(
    client: Visitor, asked: Seeded, database: Database
) -> None:
    await client.fill_in(f"/r/{asked.token}", {"score": "0", "website": "x"})
    async with database.begin() as connection:
        noted = await note_score(
            connection, POLICY, COMPANY, customer="1", sale=None, score=8, comment=None, by="Ольга", at=NOW
        )
    assert not noted.is_new
    assert (await standing(database))[0] == 8
    assert (await standing(database))[2:] == (None, "answered")


async def test_staff_list_suspect_answers_and_accept_them(
    client: Visitor, asked: Seeded, database: Database, database_url: str, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{database_url}"\n', encoding="utf-8")
    await client.fill_in(f"/r/{asked.token}", {"score": "2", "comment": "Долго", "website": "x"})
    shown = json.loads((await molva(config, "responses", "list", "--suspect", "--json")).output)["responses"]
    assert [(one["customer"], one["score"], one["suspect"]) for one in shown] == [("1", 2, "trap")]
    assert "скрытое" in (await molva(config, "responses", "list")).output
    assert (await digest(config))["suspect"] == 1
    number = str(shown[0]["response"])
    accepted = await molva(config, "responses", "accept", number, "--json")
    assert json.loads(accepted.output) == {"accepted": [shown[0]["response"]]}
    assert await standing(database) == (2, "Долго", "trap", "answered")
    week = await digest(config)
    assert (week["suspect"], week["n"], week["detractors"]) == (0, 1, 1)
    async with database.read() as connection:
        assert len((await connection.execute(select(Case.id))).all()) == 1
    again = await molva(config, "responses", "accept", number)
    assert (again.status, "nothing was accepted" in again.stderr) == (1, True)


async def digest(config: Path) -> dict[str, int]:
    """The figures of the week of NOW."""
    ran = await molva(config, "digest", "--week", "2026-W47", "--json")
    assert ran.status == 0, ran.stderr
    figures: dict[str, int] = json.loads(ran.output)
    return figures
