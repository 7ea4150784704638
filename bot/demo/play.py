"""The demo's course: ten weeks pass, each with its round, its questions and its answers; then the digest is posted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.app import open_app
from bot.demo.stage import CHANNEL, Stage
from bot.notifiers import digest_targets
from bot.steps import App
from scheduler.digesting import post_digest
from scheduler.figures.digest import Digest, digest_of_week
from scheduler.figures.periods import Week
from scheduler.intake.customers import CustomersFile, import_customers
from scheduler.intake.listening import Listener
from scheduler.intake.sales import SalesFile, import_sales
from storage.counts import count_scores
from storage.inbox import count_updates
from storage.outbox import count_messages
from storage.statuses import InboxStatus, OutboxStatus

FIRST_ROUND = datetime.fromisoformat("2026-09-16T11:00:00+03:00")  # a Wednesday; 18:00 in Vladivostok
ROUNDS = 10
AFTER = datetime.fromisoformat("2026-11-23T09:00:00+03:00")  # the Monday after the last round
QUIET_SECONDS = 60.0  # the longest that everybody's reactions may take to arrive


@dataclass(frozen=True, kw_only=True)
class Round:
    """What came of one week."""

    week: Week
    picked: int
    sent: int
    undeliverable: int
    answered: int


class Play:
    """A stage with its program running on the sample's own time."""

    def __init__(self, stage: Stage, app: App, now: "SetClock") -> None:
        self._stage, self._app, self._now = stage, app, now

    async def bring_sales_in(self) -> tuple[int, int]:
        """Imports the sample; returns (sales and returns, customers)."""
        company, database, samples = self._app.settings.company, self._stage.database, self._stage.samples
        sales = await import_sales(database, SalesFile(path=samples / "sales.csv"), company, AFTER, Listener())
        await import_customers(database, CustomersFile(path=samples / "customers.csv"), company, AFTER, Listener())
        return sales.sales + sales.returns, sales.customers

    async def rounds(self) -> AsyncIterator[Round]:
        """Week by week: the daily round picks, the questions go out, people react, what they did takes effect."""
        for number in range(ROUNDS):
            self._now.moment = FIRST_ROUND + timedelta(weeks=number)
            picked = await self._app.pick()
            sent = await self._app.send()
            await self._stage.people.react(self._now.pass_a_minute)
            await self._until_quiet()
            yield Round(
                week=Week.of(self._today),
                picked=picked.picked,
                sent=sent.sent,
                undeliverable=sent.undeliverable,
                answered=await self._count_answers(),
            )

    async def post_digest(self) -> Digest:
        """Posts the last week's digest into the channel and by e-mail; returns its figures."""
        self._now.moment = AFTER
        settings, database = self._app.settings, self._stage.database
        week = Week.last_ended(AFTER, settings.company.zone)
        await post_digest(database, digest_targets(settings), week, as_of=AFTER, now=AFTER)
        self._app.outbox_waits.set()
        await self._until_quiet()
        async with database.read() as connection:
            return await digest_of_week(connection, settings.company, week, AFTER)

    def channel_posts(self) -> int:
        """How many messages the managers' channel holds."""
        return len(self._stage.api.messages(CHANNEL))

    @property
    def _today(self) -> date:
        return self._app.settings.company.local_day(self._now())

    async def _count_answers(self) -> int:
        async with self._stage.database.read() as connection:
            by_day = await count_scores(connection, self._today, self._today)
        return sum(sum(scores.values()) for scores in by_day.values())

    async def _until_quiet(self) -> None:
        """Until every update was fetched and processed, and everything queued was told.

        :raises TimeoutError: something got stuck
        """
        async with asyncio.timeout(QUIET_SECONDS):
            while not await self._is_quiet():  # noqa: ASYNC110 -- what it waits for stands in the database
                await asyncio.sleep(0.05)

    async def _is_quiet(self) -> bool:
        if self._stage.api.updates.waiting:
            return False
        async with self._stage.database.read() as connection:
            updates, messages = await count_updates(connection), await count_messages(connection)
        return not updates.get(InboxStatus.PENDING) and not messages.get(OutboxStatus.QUEUED)


class SetClock:
    """A clock that stands where the play sets it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        """The set moment."""
        return self.moment

    def pass_a_minute(self) -> None:
        """What it takes to answer."""
        self.moment += timedelta(minutes=1)


@asynccontextmanager
async def open_play(stage: Stage) -> AsyncIterator[Play]:
    """The program on the stage, its clock set by the play."""
    now = SetClock(FIRST_ROUND)
    async with open_app(stage.settings, stage.database, now) as app:
        yield Play(stage, app, now)
