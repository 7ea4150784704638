"""The further question on the page: offered with the thanks, one at the most, kept without scripts."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from scheduler.asking.policy import Policy
from scheduler.asking.second import SecondQuestions
from storage.database import Database
from storage.models import SecondAnswer
from tests.flow.visitor import Visitor
from tests.flow.world import COMPANY, NOW, ask_customer

POLICY = Policy(second=SecondQuestions(wallet=True))


@pytest.fixture
async def client(database: Database) -> AsyncIterator[Visitor]:
    async def health() -> dict[str, str]:
        return {}

    app = build_web(database, web=WebSettings(), company=COMPANY, survey=POLICY, now=lambda: NOW, health=health)
    async with HttpServer(app) as server, Visitor(database, server.url) as client:
        yield client


async def ask(database: Database, number: str = "1") -> str:
    async with database.begin() as connection:
        return f"/r/{(await ask_customer(connection, number, channel='email', language='ru')).token}"


async def stored(database: Database) -> list[tuple[str, str | None]]:
    async with database.read() as connection:
        rows = await connection.execute(select(SecondAnswer.question, SecondAnswer.choice))
        return [(row.question, row.choice) for row in rows]


async def test_it_comes_with_the_thanks_and_is_kept_changed_and_shown_again(
    database: Database, client: Visitor
) -> None:
    page = await ask(database)
    assert "Какую часть" not in (await client.get(page)).text
    offered = (await client.fill_in(page, {"score": "9"})).text
    assert "Какую часть таких покупок вы делаете у нас?" in offered
    assert offered.count('name="second"') == 4
    assert await stored(database) == [("wallet", None)]
    for choice in ("up_to_25", "over_75"):
        chosen = (await client.fill_in(page, {"score": "9", "second": choice})).text
        assert f'name="second" value="{choice}" checked' in chosen
        assert await stored(database) == [("wallet", choice)]


@pytest.mark.parametrize("choice", ["friend", "", "<script>", "\x00"])
async def test_what_is_no_choice_is_left_out_and_the_score_is_kept(
    database: Database, client: Visitor, choice: str
) -> None:
    page = await ask(database)
    answered = await client.fill_in(page, {"score": "9", "second": choice})
    assert answered.status_code == 200
    assert await stored(database) == [("wallet", None)]


async def test_a_robots_answer_is_followed_by_nothing_until_a_person_answers(
    database: Database, client: Visitor
) -> None:
    page = await ask(database)
    robot = (await client.fill_in(page, {"score": "9", "website": "http://x", "second": "over_75"})).text
    assert ("Какую часть" in robot, await stored(database)) == (False, [])
    person = (await client.fill_in(page, {"score": "8"})).text
    assert ("Какую часть" in person, await stored(database)) == (True, [("wallet", None)])
