"""Limits of the public side: how often, how much, how slowly, and whose word is taken on where a request comes from."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from bot.web.application import build_web
from bot.web.limiting import Tally
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from storage.database import Database
from tests.flow.world import COMPANY, NOW, POLICY, ask_customer


@asynccontextmanager
async def serve(database: Database, **web: object) -> AsyncIterator[httpx.AsyncClient]:
    async def health() -> dict[str, str]:
        return {}

    settings = WebSettings(**{"public_url": "https://nps.example.test/molva", **web})  # type: ignore[arg-type]
    app = build_web(database, web=settings, company=COMPANY, survey=POLICY, now=lambda: NOW, health=health)
    async with HttpServer(app) as server, httpx.AsyncClient(base_url=server.url) as client:
        yield client


async def test_who_asks_too_often_is_told_when_to_come_back(database: Database) -> None:
    async with serve(database, address_limit="3/hour") as client:
        for _ in range(3):
            assert (await client.get("/r/forged")).status_code == 404
        refused = await client.get("/r/forged", headers={"accept-language": "en"})
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 3600
        assert "That was very often" in refused.text
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/molva/healthz")).status_code == 200


async def test_a_link_is_posted_so_often_and_no_more_but_visited_as_often_as_scanners_like(database: Database) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection, channel="email")
        other = await ask_customer(connection, "2", channel="email")
    async with serve(database, token_limit="2/hour") as client:
        for _ in range(9):
            assert (await client.get(f"/r/{asked.token}")).status_code == 200
        for expected in (200, 200, 429):
            assert (await client.post(f"/r/{asked.token}", data={"score": "9"})).status_code == expected
        assert (await client.post(f"/r/{other.token}", data={"score": "9"})).status_code == 200


async def test_a_forwarded_address_counts_from_trusted_proxies_only(database: Database) -> None:
    async with serve(database, address_limit="1/hour", trusted_proxies=("127.0.0.0/8",)) as client:
        statuses = [(await visit(client, f"203.0.113.{n}")).status_code for n in (1, 2, 1)]
        assert statuses == [404, 404, 429]
        # What a client writes in front of the proxy's own word is not believed.
        assert (await visit(client, "198.51.100.7, 203.0.113.2")).status_code == 429
        # One household has a whole network of IPv6 addresses.
        assert (await visit(client, "2001:db8::1")).status_code == 404
        assert (await visit(client, "2001:db8::2")).status_code == 429
    async with serve(database, address_limit="1/hour", trusted_proxies=("10.0.0.1",)) as client:
        statuses = [(await visit(client, f"203.0.113.{n}")).status_code for n in (1, 2)]
        assert statuses == [404, 429]


async def visit(client: httpx.AsyncClient, forwarded: str) -> httpx.Response:
    return await client.get("/r/forged", headers={"x-forwarded-for": forwarded})


async def test_hundreds_of_answers_in_a_burst_are_taken_by_default(database: Database) -> None:
    async with serve(database) as client:
        statuses = [(await client.post("/r/forged", data={"score": "9"})).status_code for _ in range(300)]
    assert statuses == [404] * 300


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_who_never_ends_the_head_of_a_request_is_hung_up_on(sent: bytes) -> None:
    async def app(_scope: object, _receive: object, _send: object) -> None:
        raise AssertionError("no request was ever whole")

    async with HttpServer(app, head_within=0.1) as server:
        host, _, port = server.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(sent)
        with pytest.raises((ConnectionResetError, EOFError)):
            async with asyncio.timeout(30):
                await reader.readexactly(1)
        writer.close()


async def test_long_keys_of_strangers_fill_no_memory() -> None:
    tally = Tally("2/hour")
    tracemalloc.start()
    try:
        for number in range(20):
            assert await tally.take("x" * 200_000 + f"{number}")
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept < 1_000_000
    assert await tally.take("x" * 200_000 + "7")
    assert not await tally.take("x" * 200_000 + "7")
