"""Reasons on the page: offered by category after the score, ticked and taken off without scripts."""

from sqlalchemy import select

from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from scheduler.asking.policy import Policy
from storage.database import Database
from storage.models import Response
from tests.flow.visitor import Visitor
from tests.flow.world import COMPANY, NOW, ask_customer

POLICY = Policy(
    reasons={
        "detractor": ({"key": "delivery", "ru": "Доставка"}, {"key": "price", "ru": "Цена <b>"}),
        "promoter": ({"key": "people", "ru": "Люди"},),
    }
)


async def test_reasons_follow_the_score_and_are_ticked_and_taken_off(database: Database) -> None:
    async def health() -> dict[str, str]:
        return {}

    async with database.begin() as connection:
        token = (await ask_customer(connection, channel="email", language="ru")).token
    app = build_web(database, web=WebSettings(), company=COMPANY, survey=POLICY, now=lambda: NOW, health=health)
    async with HttpServer(app) as server, Visitor(database, server.url) as client:

        async def post(**form: str) -> str:
            return (await client.fill_in(f"/r/{token}", form)).text

        assert "Доставка" not in (await client.get(f"/r/{token}?score=2")).text
        offered = await post(score="2")
        assert 'name="reason:delivery"><span>Доставка' in offered
        assert "Цена &lt;b&gt;" in offered
        ticked = await post(score="2", reasons="shown", **{"reason:price": "on", "reason:forged": "on"})
        assert 'name="reason:price" checked' in ticked
        assert await kept(database) == ["price"]
        await post(score="2", comment="Долго")  # a page without reasons takes none off
        assert await kept(database) == ["price"]
        await post(score="2", reasons="shown")
        assert await kept(database) == []
        assert "Люди" in await post(score="9", reasons="shown", **{"reason:price": "on"})
        assert await kept(database) == []


async def kept(database: Database) -> list[str]:
    async with database.read() as connection:
        return (await connection.execute(select(Response.reasons))).scalar_one() or []
