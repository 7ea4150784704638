"""Telegram questions per second of the whole engine, against python-telegram-bot's bare `send_message`.

The same request class, the same concurrency, the same local server; and the processor's time at Telegram's usual rate.
"""

import argparse
import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

from bench.queue import fill_queue
from bench.shop import SPELLED, open_databases
from bench.sink import open_sink
from bot.channels.settings import TelegramSettings
from bot.channels.telegram import TelegramChannel
from bot.telegram.connection import ShopBot, connect
from bot.telegram.keyboard import score_keyboard
from bot.telegram.voice import Voice
from scheduler.asking.policy import Policy
from scheduler.asking.sending import send_due
from scheduler.company import Company
from storage.database import Database

ALWAYS = Policy(hours=("00:00", "24:00"), weekdays=("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
COMPANY = Company()
NOW = datetime(2026, 11, 18, 12, 30, tzinfo=UTC)
TOKEN = "AbCdEfGhIjKlMnOpQrStUv"
USUAL_RATE, USUAL_SECONDS = 25, 20


def measure(questions: int = 5_000, rounds: int = 5) -> Iterator[str]:
    """Rows of a Markdown table: what, bare and ours in questions per second (medians), what share of the bare rate."""
    with open_sink() as url:
        for is_paid in (False, True):
            settings = _settings(url, rate=1_000, is_paid=is_paid)
            for engine in SPELLED:
                yield _compare(engine, settings, questions, rounds)
        for engine in SPELLED:
            yield _cost(engine, _settings(url, rate=USUAL_RATE, is_paid=False))


def _settings(url: str, *, rate: float, is_paid: bool) -> TelegramSettings:
    return TelegramSettings(token="42:" + "x" * 35, api_url=url, rate_per_second=rate, allow_paid_broadcast=is_paid)


def _compare(engine: str, settings: TelegramSettings, questions: int, rounds: int) -> str:
    bare, ours = [], []
    with open_databases(engine, lambda database: fill_queue(database, questions)) as copy:
        for _ in range(rounds):
            bare.append(questions / asyncio.run(_ask_bare(settings, questions)))
            ours.append(questions / asyncio.run(_send(settings, copy(), questions))[0])
    base, rate = median(bare), median(ours)
    kind = f"{'aiohttp' if settings.allow_paid_broadcast else 'httpx'}, {settings.places} at once, {engine}"
    return f"| {questions:,} Telegram questions, {kind} | {base:,.0f}/s | {rate:,.0f}/s | {rate / base:.2f} |"


def _cost(engine: str, settings: TelegramSettings) -> str:
    """The processor's time of the whole program at the usual rate, in per cent of one core."""
    questions = USUAL_RATE * USUAL_SECONDS
    with open_databases(engine, lambda database: fill_queue(database, questions)) as copy:
        seconds, busy = asyncio.run(_send(settings, copy(), questions))
    share = f"{100 * busy / seconds:.0f} % of a core"
    return f"| Telegram at {questions / seconds:.0f}/s, {engine} | – | {share} | – |"


async def _send(settings: TelegramSettings, url: str, questions: int) -> tuple[float, float]:
    """(seconds, seconds of the processor) that the engine takes for a queue."""
    database = Database(url)
    async with _opened(settings) as bot:
        channel = TelegramChannel(bot, settings, ALWAYS, COMPANY)
        took = _stop_watch()
        sent = await send_due(database, {channel.name: channel}, ALWAYS, COMPANY, NOW, drain=True)
        seconds = took()
    await database.close()
    assert sent.sent == questions, sent
    return seconds


async def _ask_bare(settings: TelegramSettings, questions: int) -> float:
    """Seconds that the library alone takes for the same messages, as many at once."""
    voice, left = Voice(COMPANY, ALWAYS, "ru"), iter(range(questions))

    async def ask() -> None:
        for number in left:
            await bot.send_message(
                str(1_000_000 + number),
                voice.question(),
                reply_markup=score_keyboard(TOKEN),
                allow_paid_broadcast=settings.allow_paid_broadcast or None,
            )

    async with _opened(settings) as bot:
        took = _stop_watch()
        await asyncio.gather(*(ask() for _ in range(settings.places)))
        return took()[0]


@asynccontextmanager
async def _opened(settings: TelegramSettings) -> AsyncIterator[ShopBot]:
    gc.collect()
    async with connect(settings) as bot:
        yield bot


def _stop_watch() -> Callable[[], tuple[float, float]]:
    start, busy = perf_counter(), time.process_time()
    return lambda: (perf_counter() - start, time.process_time() - busy)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.telegram", description=__doc__)
    parser.add_argument("--questions", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    for row in measure(given.questions, given.rounds):
        print(row, flush=True)
