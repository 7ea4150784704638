"""Taps per second of the whole way, against a bare Starlette handler that reads a post and stores nothing.

In by the webhook, stored and confirmed, parsed, the answer recorded, follow-up and choice queued, acknowledged. The
client is a process of its own, and so is the Bot API that takes the acknowledgements.
"""

import argparse
import asyncio
import gc
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.shop import SPELLED, open_databases
from bench.sink import open_sink
from bench.tapper import open_tapper
from bench.taps_shop import SECRET, TOKEN, ask_customers, write_taps
from bot.channels.settings import TelegramSettings
from bot.telegram.connection import ShopBot, connect
from bot.telegram.processing import TelegramInbox
from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from bot.web.webhook import PATH, Webhook
from bot.working_off import keep_working
from scheduler.asking.policy import Policy
from scheduler.company import Company
from storage import inbox
from storage.database import Database
from storage.statuses import InboxStatus

COMPANY, POLICY = Company(), Policy()


def measure(taps: int = 5_000, rounds: int = 3) -> Iterator[str]:
    """Two rows an engine of a Markdown table: taps per second, bare and ours (medians), and what a tap costs."""
    with TemporaryDirectory() as folder, open_sink() as url:
        settings = TelegramSettings(token=TOKEN, api_url=url)
        for engine in SPELLED:
            yield _compare(engine, settings, Path(folder) / engine, taps, rounds)


def _compare(engine: str, settings: TelegramSettings, file: Path, taps: int, rounds: int) -> str:
    bare, confirmed, whole, costs = [], [], [], []

    async def prepare(database: Database) -> None:
        await ask_customers(database, taps)
        assert await write_taps(database, file) == taps

    with open_databases(engine, prepare) as copy:
        for _ in range(rounds):
            bare.append(taps / asyncio.run(_post_bare(file)))
            stored, took = asyncio.run(_tap(copy(), settings, file, taps))
            confirmed.append(taps / stored)
            whole.append(taps / took)
            costs.append([1000 * cost / taps for cost in asyncio.run(_costs(copy(), settings, file, taps))])
    base, rate = median(bare), median(whole)
    parts = zip(("confirmed", "taken into effect", "acknowledged"), zip(*costs, strict=True), strict=True)
    busy = ", ".join(f"{part} {median(each):.1f} ms" for part, each in parts)
    row = f"| {taps:,} taps by webhook, {engine} | {base:,.0f}/s | {rate:,.0f}/s ({median(confirmed):,.0f}/s confirmed)"
    return f"{row} | {rate / base:.3f} |\n| a tap's time of the processor, {engine} | – | {busy} | – |"


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
    arrived = asyncio.Event()
    async with _opened(database_url, settings) as (database, _, telegram_inbox), _serve(database, arrived) as server:
        processing = asyncio.create_task(keep_working(telegram_inbox.process_pending, arrived, lambda: None))
        with open_tapper(f"{server.url}{PATH}", file) as tapper:
            start = perf_counter()
            confirmed = await _post(tapper)
            while not await _is_done(database, taps):  # noqa: ASYNC110  the database tells nobody
                await asyncio.sleep(0.1)
            took = perf_counter() - start
        processing.cancel()
        await telegram_inbox.acknowledgements.finish()
    return confirmed, took


async def _costs(database_url: str, settings: TelegramSettings, file: Path, taps: int) -> tuple[float, float, float]:
    """Seconds of this process's processor: to store and confirm, to process what is stored, to acknowledge."""
    async with _opened(database_url, settings) as (database, bot, telegram_inbox):
        async with _serve(database, asyncio.Event()) as server:
            with open_tapper(f"{server.url}{PATH}", file) as tapper:
                start = process_time()
                await _post(tapper)
                confirmed = process_time() - start
        start = process_time()
        assert await telegram_inbox.process_pending(_now()) == taps
        await telegram_inbox.acknowledgements.finish()
        processed = process_time() - start
        start = process_time()
        for number in range(taps):
            await bot.answer_callback_query(str(number), text="Спасибо! Ваша оценка: 10")
        acknowledged = process_time() - start
    return confirmed, processed - acknowledged, acknowledged


@asynccontextmanager
async def _opened(
    database_url: str, settings: TelegramSettings
) -> AsyncIterator[tuple[Database, ShopBot, TelegramInbox]]:
    gc.collect()
    database = Database(database_url)
    async with connect(settings) as bot:
        yield database, bot, TelegramInbox(database, bot, POLICY, COMPANY)
    await database.close()


@asynccontextmanager
async def _serve(database: Database, arrived: asyncio.Event) -> AsyncIterator[HttpServer]:
    webhook = Webhook(database, SECRET, arrived.set, _now)
    pages = build_web(
        database, web=WebSettings(), company=COMPANY, survey=POLICY, now=_now, health=_health, webhook=webhook
    )
    async with HttpServer(pages) as server:
        yield server


async def _post(tapper: "subprocess.Popen[str]") -> float:
    assert tapper.stdin is not None
    assert tapper.stdout is not None
    tapper.stdin.write("\n")
    tapper.stdin.flush()
    return float(await asyncio.to_thread(tapper.stdout.readline))


async def _is_done(database: Database, taps: int) -> bool:
    async with database.read() as connection:
        return (await inbox.count_updates(connection)).get(InboxStatus.DONE) == taps


async def _health() -> dict[str, str]:
    return {}


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.taps", description=__doc__)
    parser.add_argument("--taps", type=int, default=5_000, help="customers who tap once each")
    parser.add_argument("--rounds", type=int, default=3, help="rounds")
    given = parser.parse_args()
    print("\n".join(measure(given.taps, given.rounds)))
