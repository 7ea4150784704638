"""How many answers a second the landing page takes, against a bare Starlette route that reads the same form."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bench.shop import SPELLED, open_databases
from bot.web.application import build_web
from bot.web.settings import WebSettings
from bot.web.stamps import Stamps
from storage.database import Database
from tests.flow.world import COMPANY, NOW, POLICY, ask_customer

AT_ONCE = 16
UNLIMITED = WebSettings(address_limit="", token_limit="")
FORM = {"score": "9", "comment": "Всё понравилось"}
Form = tuple[str, bytes]  # (path, body)


def measure(answers: int = 2_000, rounds: int = 5) -> Iterator[str]:
    """A row of a Markdown table an engine: what, bare and ours in answers a second (medians), the ratio."""
    for engine in SPELLED:
        yield _row(engine, answers, rounds)


def _row(engine: str, answers: int, rounds: int) -> str:
    bare, ours = [], []
    with open_databases(engine, lambda database: _ask(database, answers)) as copy:
        for _ in range(rounds):
            forms = [(f"/r/{number}", urlencode(FORM).encode()) for number in range(answers)]
            bare.append(asyncio.run(_post(_bare_app(), forms)))
            ours.append(asyncio.run(_answer(copy(), answers)))
    slow, fast = answers / median(ours), answers / median(bare)
    return f"| answers on the landing page, {engine} | {fast:,.0f}/s | {slow:,.0f}/s | {slow / fast:.3f} |"


async def _ask(database: Database, answers: int) -> None:
    async with database.begin() as connection:
        for number in range(answers):
            await ask_customer(connection, str(number), channel="email")


async def _answer(url: str, answers: int) -> float:
    """Seconds for one answer to every question."""

    async def health() -> dict[str, str]:
        return {}

    database = Database(url)
    try:
        tokens, stamps = await _tokens(database), Stamps(database)
        assert len(tokens) == answers
        app = build_web(database, web=UNLIMITED, company=COMPANY, survey=POLICY, now=lambda: NOW, health=health)
        return await _post(app, [await _fill_in(stamps, token) for token in tokens])
    finally:
        await database.close()


async def _fill_in(stamps: Stamps, token: str) -> Form:
    """What a person sends who has looked at the page for a minute."""
    stamp = await stamps.make(token, NOW - timedelta(minutes=1))
    return f"/r/{token}", urlencode({"stamp": stamp, **FORM}).encode()


async def _tokens(database: Database) -> list[str]:
    async with database.read() as connection:
        return list((await connection.exec_driver_sql("SELECT token FROM invitation")).scalars())


def _bare_app() -> Starlette:
    async def post(request: Request) -> Response:
        form = await request.form()
        return HTMLResponse(f"<p>{form['score']}</p>")

    return Starlette(routes=[Route("/r/{token}", post, methods=["POST"])])


async def _post(app: Callable[..., Awaitable[None]], forms: list[Form]) -> float:
    """Seconds that an application takes for every form, some at once; no client and no socket counts."""
    begun, waiting = perf_counter(), iter(forms)

    async def work() -> None:
        for form in waiting:
            await _call(app, *form)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return perf_counter() - begun


async def _call(app: Callable[..., Awaitable[None]], path: str, body: bytes) -> None:
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    kind = (b"content-type", b"application/x-www-form-urlencoded")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": [kind],
        "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    assert statuses == [200]


if __name__ == "__main__":
    for row in measure():
        print(row)
