"""Whether sending stays as fast as the queue grows: questions per second out of queues of 10 thousand to a million.

The channel takes each question at once, so that what is measured is the engine alone: leasing, marking, settling.
"""

import argparse
import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bench.queue import fill_queue
from bench.shop import SPELLED, open_databases
from bench.telegram import ALWAYS, COMPANY, NOW
from scheduler.asking.sending import send_due
from scheduler.channel import Question
from storage.database import Database

SIZES = (10_000, 100_000, 1_000_000)
SENT = 10_000  # questions a round: the head of the queue
PICTURE = Path(__file__).parents[1] / "docs" / "performance-growth.png"


class InstantChannel:
    """Takes everything at once; after so many it lets the run stop."""

    name = "telegram"
    address_kind = "telegram"
    rate_per_second = 20_000.0
    concurrency = 50

    def __init__(self, most: int) -> None:
        self.stopping = asyncio.Event()
        self.asked = 0
        self.seconds = 0.0  # until the last of them
        self._most, self._start = most, perf_counter()

    async def ask(self, question: Question) -> str:
        """Its number is its reference."""
        self.asked += 1
        if self.asked == self._most:
            self.seconds = perf_counter() - self._start
            self.stopping.set()
        return str(question.delivery_id)


def measure(rounds: int = 5, sizes: tuple[int, ...] = SIZES, picture: Path = PICTURE) -> Iterator[str]:
    """Rows of a Markdown table: what, the smallest queue's rate, each one's rate (medians), its share of that."""
    found: dict[str, dict[int, float]] = {}
    for engine in SPELLED:
        found[engine] = {}
        for size in sizes:
            rate = found[engine][size] = _measure(engine, size, rounds)
            first = found[engine][sizes[0]]
            what = f"a queue of {size:,}, {engine}; bare: of {sizes[0]:,}"
            yield f"| {what} | {first:,.0f}/s | {rate:,.0f}/s | {rate / first:.2f} |"
    draw(found, picture)


def _measure(engine: str, size: int, rounds: int) -> float:
    with open_databases(engine, lambda database: fill_queue(database, size)) as copy:
        return median(asyncio.run(_send(copy(), min(size, SENT))) for _ in range(rounds))


async def _send(url: str, most: int) -> float:
    """Questions a second, from the start of the run to the last of so many."""
    database = Database(url)
    gc.collect()
    channel = InstantChannel(most)
    await send_due(database, {channel.name: channel}, ALWAYS, COMPANY, NOW, stopping=channel.stopping)
    await database.close()
    return most / channel.seconds


def draw(found: dict[str, dict[int, float]], picture: Path) -> None:
    """The rates by the queue's size, a line an engine."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for engine, rates in found.items():
        axes.plot(list(rates), list(rates.values()), marker="o", label={"sqlite": "SQLite"}.get(engine, "PostgreSQL"))
        for size, rate in rates.items():
            axes.annotate(f"{rate:,.0f}", (size, rate), textcoords="offset points", xytext=(0, 8), ha="center")
    axes.set_xscale("log")
    axes.set_xticks(list(next(iter(found.values()))))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
    axes.set_ylim(0, 1.2 * max(rate for rates in found.values() for rate in rates.values()))
    axes.margins(x=0.1)
    axes.set_xlabel("invitations in the queue")
    axes.set_ylabel("questions a second, engine alone")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    figure.savefig(picture, dpi=120)


if __name__ == "__main__":
    matplotlib.use("Agg")
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--picture", type=Path, default=PICTURE)
    given = parser.parse_args()
    for row in measure(given.rounds, picture=given.picture):
        print(row, flush=True)
