"""Taps per second of the whole way, against a bare Starlette handler that reads a post and stores nothing.

In by the webhook, stored and confirmed, parsed, the answer recorded, follow-up and choice queued, acknowledged. The
client is a process of its own, and so is the Bot API that takes the acknowledgements.
"""

import argparse
import asyncio
import gc
import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.shop import SPELLED, open_databases
from bench.sink import open_sink
from bench.tapper import open_tapper
from bench.taps_shop import SECRET, TOKEN, ask_customers, write_taps
from bench.where import shares, watch
from bot.channels.settings import TelegramSettings
from bot.telegram.connection import connect
from bot.telegram.processing import TelegramInbox, run_processing
from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from bot.web.webhook import PATH, Webhook
from scheduler.asking.policy import Policy
from scheduler.company import Company
from storage import inbox
from storage.database import Database
from storage.statuses import InboxStatus

PARTS = {
    "/storage/": "database", "sqlalchemy": "database", "aiosqlite": "database", "asyncpg": "database",
    "sqlite3": "database", "/telegram/request/": "acknowledging", "httpx": "acknowledging", "httpcore": "acknowledging",
    "site-packages/telegram/": "Telegram's objects", "uvicorn": "HTTP", "h11": "HTTP", "starlette": "HTTP",
    "/json/": "HTTP", "/bot/": "ours", "/scheduler/": "ours", "asyncio": "event loop",
}  # fmt: skip


def measure(taps: int = 5_000, rounds: int = 3) -> str:
    """Rows of a Markdown table: what, bare and ours in taps per second (medians), what share of the bare rate."""
    with TemporaryDirectory() as folder, open_sink() as url:
        settings = TelegramSettings(token=TOKEN, api_url=url)
        return "\n".join(_compare(engine, settings, Path(folder) / engine, taps, rounds) for engine in SPELLED)


def _compare(engine: str, settings: TelegramSettings, file: Path, taps: int, rounds: int) -> str:
    bare, confirmed, whole = [], [], []
    seen: Counter[str] = Counter()

    async def prepare(database: Database) -> None:
        await ask_customers(database, taps)
        assert await write_taps(database, file) == taps

    with open_databases(engine, prepare) as copy:
        for number in range(rounds + 1):
            if number < rounds:
                bare.append(taps / asyncio.run(_post_bare(file)))
                stored, took = asyncio.run(_tap(copy(), settings, file, taps))
                confirmed.append(taps / stored)
                whole.append(taps / took)
            else:  # a round of its own, because who looks on slows down
                with watch(PARTS) as seen:
                    asyncio.run(_tap(copy(), settings, file, taps))
    base, rate = median(bare), median(whole)
    row = f"| {taps:,} taps by webhook, {engine} | {base:,.0f}/s | {rate:,.0f}/s ({median(confirmed):,.0f}/s confirmed)"
    return f"{row} | {rate / base:.2f} |\n\n{engine}: {shares(seen)}\n"


async def _post_bare(file: Path) -> float:
    """Seconds of a handler that reads what it is sent."""

    async def take(request: Request) -> Response:
        await request.body()
        return Response()

    gc.collect()
    async with HttpServer(Starlette(routes=[Route(PATH, take, methods=["POST"])])) as server:
        with open_tapper(f"{server.url}{PATH}", file) as tapper:
            return await _post(tapper)


async def _tap(database_url: str, settings: TelegramSettings, file: Path, taps: int) -> tuple[float, float]:
    """Seconds until every tap was confirmed, and until every answer was there and its acknowledgement under way."""
    database, company, policy, arrived = Database(database_url), Company(), Policy(), asyncio.Event()
    gc.collect()
    async with connect(settings) as bot:
        telegram_inbox = TelegramInbox(database, bot, policy, company)
        webhook = Webhook(database, SECRET, arrived.set, _now)
        pages = build_web(
            database, web=WebSettings(), company=company, survey=policy, now=_now, health=_health, webhook=webhook
        )
        async with HttpServer(pages) as server:
            processing = asyncio.create_task(run_processing(telegram_inbox, arrived, lambda: None))
            with open_tapper(f"{server.url}{PATH}", file) as tapper:
                start = perf_counter()
                confirmed = await _post(tapper)
                await _processed(database, taps)
                took = perf_counter() - start
            processing.cancel()
        await telegram_inbox.acknowledgements.finish()
    await database.close()
    return confirmed, took


async def _post(tapper: "subprocess.Popen[str]") -> float:
    assert tapper.stdin is not None
    assert tapper.stdout is not None
    tapper.stdin.write("\n")
    tapper.stdin.flush()
    return float(await asyncio.to_thread(tapper.stdout.readline))


async def _processed(database: Database, taps: int) -> None:
    while True:
        async with database.read() as connection:
            if (await inbox.count_updates(connection)).get(InboxStatus.DONE) == taps:
                return
        await asyncio.sleep(0.05)


async def _health() -> dict[str, str]:
    return {}


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.taps", description=__doc__)
    parser.add_argument("--taps", type=int, default=5_000, help="customers who tap once each")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, after which one is watched")
    given = parser.parse_args()
    print(measure(given.taps, given.rounds))
