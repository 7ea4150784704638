"""A shop's page that asks about its orders, and the program behind it."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, select

from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from bot.web.stamps import Stamps
from scheduler.asking.policy import Policy
from storage.database import Database
from storage.keys import ensure_key
from storage.models import Customer, Response, Sale
from tests.flow.test_web_pages import Clock
from tests.flow.visitor import READING
from tests.flow.world import COMPANY, NOW, add_customer, add_sale

SHOP = "https://shop.example.test"
POLICY = Policy(reasons={"detractor": ({"key": "late", "ru": "Поздно"}, {"key": "price", "ru": "Цена"})})
KINDS = [("telegram", "telegram"), ("email", "email")]


@dataclass
class Site:
    """The shop's page, and the program behind it."""

    client: httpx.AsyncClient
    clock: Clock
    key: str
    stamps: Stamps

    async def post(self, path: str, order: str, *, origin: str | None = SHOP, **form: Any) -> httpx.Response:
        signature = hmac.new(self.key.encode(), order.encode(), "sha256").hexdigest()
        headers = {"origin": origin} if origin else {}
        data = {"order": order, "signature": signature, "lang": "ru", **form}
        return await self.client.post(f"/survey/{path}", data=data, headers=headers)

    async def shows(self, order: str) -> bool:
        asked = await self.post("ask", order)
        assert asked.status_code == 200, asked.text
        return bool(asked.json()["show"])

    async def answer(self, order: str, score: object, **form: Any) -> httpx.Response:
        """By the question that the page has shown for a while."""
        stamp = await self.stamps.make(f"order {order.removesuffix('.0')}", self.clock.now - READING)
        return await self.post("answer", order, score=score, **{"stamp": stamp, **form})


def build(database: Database, policy: Policy, clock: Clock, **web: Any) -> Any:
    async def health() -> dict[str, str]:
        return {}

    settings = WebSettings(site_origins=(SHOP,), **web)
    return build_web(database, web=settings, company=COMPANY, survey=policy, now=clock, health=health)


@asynccontextmanager
async def serve(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with HttpServer(app) as server, httpx.AsyncClient(base_url=server.url) as client:
        yield client


async def buy(database: Database, order: str = "S1", at: datetime = NOW, **customer: Any) -> int:
    """A sale of a customer who has an e-mail address."""
    async with database.begin() as connection:
        customer_id = await add_customer(connection, "1", **{"email": "c1@example.test", **customer})
        await add_sale(connection, customer_id, order, sold_at=at)
        return customer_id


async def answers(database: Database) -> list[tuple[Any, ...]]:
    """(customer, sale, score, channel, source, why it is suspect)"""
    columns = (
        Customer.external_id, func.coalesce(Sale.external_id, Response.order_number), Response.score, Response.channel,
        Response.source, Response.suspect,
    )  # fmt: skip
    statement = select(*columns).select_from(Response).outerjoin(Customer, Customer.id == Response.customer_id)
    async with database.read() as connection:
        rows = await connection.execute(statement.outerjoin(Sale, Sale.id == Response.sale_id).order_by(Response.id))
        return [tuple(row) for row in rows]


@asynccontextmanager
async def open_site(database: Database) -> AsyncIterator[Site]:
    """The pages, and a page of the shop's that was given its key."""
    async with database.begin() as connection:
        key = await ensure_key(connection, "site")
    clock = Clock()
    async with serve(build(database, POLICY, clock)) as client:
        yield Site(client, clock, key, Stamps(database))


def settings(folder: Path, url: str) -> Path:
    path = folder / "config.toml"
    path.write_text(f'[database]\nurl = "{url}"\n[web]\npublic_url = "https://nps.example.test"\n', encoding="utf-8")
    return path
