"""Answers that may be no person's: kept, counted apart, replaced by a person's, accepted by staff."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
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
from tests.flow.world import COMPANY, NOW, POLICY, Seeded, ask_customer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(database: Database, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    async def health() -> dict[str, str]:
        return {}

    app = build_web(database, web=WebSettings(), company=COMPANY, survey=POLICY, now=clock, health=health)
    async with HttpServer(app) as server, httpx.AsyncClient(base_url=server.url) as opened:
        yield opened


@pytest.fixture
async def asked(database: Database) -> Seeded:
    async with database.begin() as connection:
        return await ask_customer(connection, channel="email", language="ru")


async def stamp_of(client: httpx.AsyncClient, token: str) -> str:
    """What the page sends back with its form."""
    found = re.search(r'name="stamp" value="([^"]+)"', (await client.get(f"/r/{token}")).text)
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
    client: httpx.AsyncClient, asked: Seeded, database: Database, clock: Clock
) -> None:
    form = {"score": "0", "stamp": await stamp_of(client, asked.token)}
    clock.now += timedelta(seconds=0.2)
    assert (await client.post(f"/r/{asked.token}", data=form)).status_code == 200
    assert await standing(database) == (0, None, "too_fast", "open")
    async with database.read() as connection:
        assert (await connection.execute(select(Case.id))).all() == []


@pytest.mark.parametrize("seconds", [0.4, 4_000_000])
async def test_a_person_may_take_any_time(
    client: httpx.AsyncClient, asked: Seeded, database: Database, clock: Clock, seconds: float
) -> None:
    form = {"score": "9", "stamp": await stamp_of(client, asked.token)}
    clock.now += timedelta(seconds=seconds)
    await client.post(f"/r/{asked.token}", data=form)
    assert await standing(database) == (9, None, None, "answered")


@pytest.mark.parametrize("stamp", ["", "x", "19a.0123456789abcdef", "й" * 99, "\x00", None])
async def test_a_form_without_a_readable_stamp_is_not_judged_by_time(
    client: httpx.AsyncClient, asked: Seeded, database: Database, stamp: str | None
) -> None:
    await client.post(f"/r/{asked.token}", data={"score": "9"} | ({} if stamp is None else {"stamp": stamp}))
    assert await standing(database) == (9, None, None, "answered")


async def test_a_stamp_of_another_page_says_nothing(
    client: httpx.AsyncClient, asked: Seeded, database: Database
) -> None:
    async with database.begin() as connection:
        other = await ask_customer(connection, "2", channel="email")
    await client.post(f"/r/{asked.token}", data={"score": "9", "stamp": await stamp_of(client, other.token)})
    assert await standing(database) == (9, None, None, "answered")


async def test_a_person_takes_the_place_of_a_robot(
    client: httpx.AsyncClient, asked: Seeded, database: Database, clock: Clock
) -> None:
    await client.post(f"/r/{asked.token}", data={"score": "0", "comment": "buy now", "website": "http://spam.test"})
    assert await standing(database) == (0, "buy now", "trap", "open")
    page = await client.get(f"/r/{asked.token}")
    assert "buy now" not in page.text
    assert "Вы уже ответили" not in page.text
    clock.now += timedelta(days=20)  # longer than an answer may be changed
    await client.post(f"/r/{asked.token}", data={"score": "0"})
    assert await standing(database) == (0, None, None, "answered")
    async with database.read() as connection:
        row = (await connection.execute(select(Response.answered_at, Response.day))).one()
    assert (row.answered_at, row.day) == (clock.now, COMPANY.local_day(clock.now))


async def test_a_robot_does_not_displace_a_person(
    client: httpx.AsyncClient, asked: Seeded, database: Database, clock: Clock
) -> None:
    await client.post(f"/r/{asked.token}", data={"score": "9", "comment": "Тепло"})
    clock.now += timedelta(days=1)
    await client.post(f"/r/{asked.token}", data={"score": "0", "comment": "spam", "website": "x"})
    assert await standing(database) == (9, "Тепло", None, "answered")
    assert (await versions(database))[-1] == (0, "spam", "trap")


async def test_several_scores_within_seconds_are_suspect_and_two_are_not(
    client: httpx.AsyncClient, asked: Seeded, database: Database, clock: Clock
) -> None:
    for score in (3, 8):
        await client.post(f"/r/{asked.token}", data={"score": score})
        assert await standing(database) == (score, None, None, "answered")
    for score in (5, 6, 7):
        await client.post(f"/r/{asked.token}", data={"score": score})
        assert await standing(database) == (score, None, "many_scores", "open")
    clock.now += timedelta(seconds=6)
    await client.post(f"/r/{asked.token}", data={"score": "10"})
    assert await standing(database) == (10, None, None, "answered")


async def test_several_scores_within_seconds_leave_an_older_answer_as_it_was(
    client: httpx.AsyncClient, asked: Seeded, database: Database, clock: Clock
) -> None:
    await client.post(f"/r/{asked.token}", data={"score": "9", "comment": "Тепло"})
    clock.now += timedelta(days=1)
    for score in range(8):
        await client.post(f"/r/{asked.token}", data={"score": score})
    assert await standing(database) == (9, "Тепло", None, "answered")


async def test_what_staff_write_down_takes_the_place_of_a_robots_answer(
    client: httpx.AsyncClient, asked: Seeded, database: Database
) -> None:
    await client.post(f"/r/{asked.token}", data={"score": "0", "website": "x"})
    async with database.begin() as connection:
        noted = await note_score(
            connection, POLICY, COMPANY, customer="1", sale=None, score=8, comment=None, by="Ольга", at=NOW
        )
    assert not noted.is_new
    assert (await standing(database))[0] == 8
    assert (await standing(database))[2:] == (None, "answered")


async def test_staff_list_suspect_answers_and_accept_them(
    client: httpx.AsyncClient, asked: Seeded, database: Database, database_url: str, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{database_url}"\n', encoding="utf-8")
    await client.post(f"/r/{asked.token}", data={"score": "2", "comment": "Долго", "website": "x"})
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
