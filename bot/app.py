"""The composition root: builds the parts, joins them, runs them until it is told to stop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

from bot.channels.connections import open_connections
from bot.channels.opening import build_channels
from bot.config import Settings
from bot.loops import keep_loops
from bot.mailbox.reading import keep_reader
from bot.notifiers import build_notifiers
from bot.pulse import Pulse
from bot.steps import App
from bot.telegram.groups import CasesGroup
from bot.telegram.webhook import secret_of
from bot.web.application import build_web
from bot.web.metrics import MetricsPage
from bot.web.serving import HttpServer
from bot.web.webhook import Webhook
from scheduler.clock import Clock
from scheduler.figures.gauges import GaugeReader
from storage.database import Database
from storage.senders import register_sender

MIND_SECONDS = 60  # between two looks whether a case waits for too long

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_app(settings: Settings, database: Database, now: Callable[[], datetime] = utc_now) -> AsyncIterator[App]:
    """The parts, joined and serving: pages, polling, processing and telling run; nothing is picked or sent by itself.

    :raises AnotherSender: on SQLite, where another process is sending
    :raises OSError: the pages' address cannot be served
    """
    async with AsyncExitStack() as stack:
        sender = await stack.enter_async_context(register_sender(database))
        connections = await stack.enter_async_context(open_connections(settings))
        app = App(
            settings=settings,
            database=database,
            now=now,
            sender=sender,
            channels=build_channels(settings, connections),
            notifiers=build_notifiers(database, settings, connections),
            bot=connections.bot,
            pulse=Pulse(database),
            cases_group=CasesGroup(connections.bot, settings.telegram)
            if connections.bot and settings.telegram
            else None,
            mailbox=await stack.enter_async_context(keep_reader(settings.mailbox, database)),
        )
        await stack.enter_async_context(_serve(app))
        await stack.enter_async_context(keep_loops(app))
        yield app


async def run_app(settings: Settings, database: Database, stop: asyncio.Event) -> None:
    """The whole program, by the clock, until `stop` is set; then everything is closed in turn.

    :raises AnotherSender, OSError: as `open_app`
    """
    async with open_app(settings, database) as app:
        clock = _clock(app)
        # Reminding comes before anything is sent: it calls off what waited too long.
        for name, step in (("remind", app.remind), ("catch_up", app.catch_up)):
            watched = app.pulse.watch(name, step)
            if not await watched():
                clock.once(name, watched)
        app.pulse.keep_time(clock.next_runs)
        async with clock:
            log.info("running; pages at %s", settings.web.base)
            await stop.wait()
            log.info("stopping")
            app.stopping.set()


def _clock(app: App) -> Clock:
    schedule, digest = app.settings.schedule, app.settings.digest
    clock = Clock(app.settings.company.zone)
    clock.daily(schedule.pick, "pick", app.pulse.watch("pick", app.pick))
    clock.weekly(digest.weekday, digest.time, "digest", app.pulse.watch("digest", app.post_digest))
    clock.every(schedule.send_every_seconds, "send", app.pulse.watch("send", app.send))
    clock.every(3600, "remind", app.pulse.watch("remind", app.remind))
    if mailbox := app.settings.mailbox:
        clock.every(mailbox.poll_seconds, "mailbox", app.pulse.watch("mailbox", app.read_mailbox))
    if app.settings.telegram:
        clock.every(MIND_SECONDS, "mind", app.pulse.watch("mind", app.mind_cases))
    clock.every(3600, "tidy", app.pulse.watch("tidy", app.tidy))
    return clock


@asynccontextmanager
async def _serve(app: App) -> AsyncIterator[None]:
    settings = app.settings
    webhook = None
    if app.bot and app.has_webhook:
        webhook = Webhook(app.database, secret_of(app.bot.token), app.updates_wait.set, app.now)
    gauges = GaugeReader(app.database, settings.company, app.channels)
    pages = build_web(
        app.database,
        web=settings.web,
        company=settings.company,
        survey=settings.survey,
        now=app.now,
        health=app.pulse.report,
        webhook=webhook,
        bot_name=lambda: app.bot.known_name if app.bot else None,
        metrics=MetricsPage(gauges, app.pulse.steps, settings.web, app.now),
    )
    async with HttpServer(pages, settings.web.host, settings.web.port):
        yield
