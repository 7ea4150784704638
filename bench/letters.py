"""Letters per second of the whole engine, against bare aiosmtplib, postfix's `smtp-source` and a letter at a time.

All of them to the same sink; ours and aiosmtplib's over as many connections, on the same kind of event loop.
"""

import argparse
import asyncio
import gc
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

import aiosmtplib

from bench.mail_sink import open_mail_sink, tool
from bench.one_by_one import send_one_by_one
from bench.queue import fill_queue
from bench.shop import SPELLED, open_databases
from bench.telegram import ALWAYS, COMPANY, NOW, TOKEN
from bot.channels.email import EmailChannel
from bot.channels.mailer import open_mailer
from bot.channels.settings import EmailSettings
from bot.letters.composing import compose
from bot.letters.flattening import Flattener
from scheduler.asking.sending import send_due
from scheduler.channel import Question
from storage.database import Database

BASE = "https://survey.example.com"
SENDER = "Molva <ask@shop.example>"
CONNECTIONS = (10, 50)
QUESTION = Question(
    delivery_id=1, kind="question", token=TOKEN, address="c1@example.test", language="ru", customer_name="Анна",
    texts=None, campaign="campaign 1", about_sale=False,
)  # fmt: skip


def measure(letters: int = 10_000, rounds: int = 5) -> Iterator[str]:
    """Rows of a Markdown table: what, the others and ours in letters per second (medians), ours to theirs."""
    yield _compare_composing(rounds)
    for engine in SPELLED:
        with (
            open_mail_sink() as (kind, port),
            open_databases(engine, lambda database: fill_queue(database, letters, channel="email")) as copy,
        ):
            for connections in CONNECTIONS:
                settings = _settings(port, connections)
                bare, ours, source, single = list[float](), list[float](), list[float](), list[float]()
                for _ in range(rounds):
                    bare.append(letters / asyncio.run(_send_bare(settings, letters)))
                    ours.append(letters / asyncio.run(_send(settings, copy(), letters)))
                    if tool("smtp-source"):
                        source.append(letters / _send_by_source(settings, letters))
                    if connections == CONNECTIONS[0]:
                        some = letters // 10
                        single.append(some / asyncio.run(send_one_by_one(copy(), settings, BASE, some)))
                what = f"{connections} connections, {engine}, to {kind}"
                yield _row(f"{letters:,} letters, bare aiosmtplib, {what}", bare, ours)
                yield _row(f"{letters:,} letters, postfix's smtp-source, {what}", source, ours)
                if single:
                    yield _row(f"letters one by one (ORM row, EmailMessage, commit), {what}", single, ours)


def _row(what: str, others: list[float], ours: list[float]) -> str:
    rate = median(ours)
    if not others:
        return f"| {what} | not installed | {rate:,.0f}/s | – |"
    return f"| {what} | {median(others):,.0f}/s | {rate:,.0f}/s | {rate / median(others):.2f} |"


def _settings(port: int, connections: int) -> EmailSettings:
    return EmailSettings(
        host="127.0.0.1", port=port, security="none", sender=SENDER, connections=connections, rate_per_second=20_000
    )


async def _send(settings: EmailSettings, url: str, letters: int) -> float:
    """Seconds that the engine takes for a queue."""
    database = Database(url)
    gc.collect()
    async with open_mailer(settings) as mailer:
        channel = EmailChannel(mailer, settings, ALWAYS, COMPANY, base=BASE)
        start = perf_counter()
        sent = await send_due(database, {channel.name: channel}, ALWAYS, COMPANY, NOW, drain=True)
        seconds = perf_counter() - start
    await database.close()
    assert sent.sent == letters, sent
    return seconds


async def _send_bare(settings: EmailSettings, letters: int) -> float:
    """Seconds that the library alone takes for one fixed letter of ours, over and over."""
    letter = _compose_slowly(settings)
    left = iter(range(letters))
    gc.collect()
    clients = [
        aiosmtplib.SMTP(hostname=settings.host, port=settings.port, start_tls=False, local_hostname="localhost")
        for _ in range(settings.connections)
    ]

    async def send(client: aiosmtplib.SMTP) -> None:
        for _ in left:
            await client.sendmail("ask@shop.example", ["c1@example.test"], letter)

    start = perf_counter()
    for client in clients:
        await client.connect()
    await asyncio.gather(*map(send, clients))
    seconds = perf_counter() - start
    for client in clients:
        await client.quit()
    return seconds


def _send_by_source(settings: EmailSettings, letters: int) -> float:
    """Seconds of a C program that makes no difference between letters, over connections that it keeps."""
    binary, size = tool("smtp-source"), len(_compose_slowly(settings))
    assert binary is not None
    how = ["-d", "-s", str(settings.connections), "-m", str(letters), "-l", str(size)]
    start = perf_counter()
    subprocess.run([binary, *how, f"{settings.host}:{settings.port}"], check=True)
    return perf_counter() - start


def _compose_slowly(settings: EmailSettings) -> bytes:
    return compose(QUESTION, COMPANY, settings, base=BASE, policy=ALWAYS, date=NOW).as_bytes()


def _compare_composing(rounds: int, slow: int = 300, fast: int = 10_000) -> str:
    settings = _settings(25, 1)
    flattener = Flattener(COMPANY, settings, ALWAYS, base=BASE)
    theirs, ours = list[float](), list[float]()
    size = len(flattener.compose(QUESTION, datetime.now(UTC)).lines)
    for _ in range(rounds):
        start = perf_counter()
        for _ in range(slow):
            _compose_slowly(settings)
        theirs.append(slow / (perf_counter() - start))
        start = perf_counter()
        for _ in range(fast):
            flattener.compose(QUESTION, datetime.now(UTC))
        ours.append(fast / (perf_counter() - start))
    return _row(f"composing letters of {size:,} bytes, EmailMessage each", theirs, ours)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.letters", description=__doc__)
    parser.add_argument("--letters", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    for row in measure(given.letters, given.rounds):
        print(row, flush=True)
