"""The composition root: builds the parts, joins them, runs them until it is told to stop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.channels.connections import open_connections
from bot.channels.opening import build_channels
from bot.config import Settings
from bot.notifiers import build_notifiers, digest_targets
from bot.pulse import Pulse
from bot.telegram.connection import ShopBot
from bot.telegram.processing import TelegramInbox, run_processing
from bot.telegram.updates import run_polling
from bot.telegram.webhook import keep_webhook, secret_of
from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.webhook import PATH as WEBHOOK_PATH
from bot.web.webhook import Webhook
from scheduler.asking.picking import Picked, pick
from scheduler.asking.reminding import Reminded, remind
from scheduler.asking.sending import Sent, send_due
from scheduler.channel import Channel, Notifier
from scheduler.clock import Clock
from scheduler.digesting import post_missed, post_weekly
from scheduler.housekeeping import tidy
from scheduler.outbox import Told, tell_due
from storage.database import Database
from storage.senders import LiveSender, register_sender

TELL_SECONDS = 1.0  # the outbox is looked through at least this often; what is queued here wakes it at once
TELLING_PATIENCE = 10.0  # seconds that a stop waits for what is being told: cut off, it would be told again

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


@dataclass(kw_only=True)
class App:
    """The running program: its steps, which the clock and the demonstration call alike, and its loops."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    sender: LiveSender
    channels: dict[str, Channel]
    notifiers: dict[str, Notifier]
    bot: ShopBot | None
    pulse: Pulse
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    outbox_waits: asyncio.Event = field(default_factory=asyncio.Event)
    updates_wait: asyncio.Event = field(default_factory=asyncio.Event)  # in the inbox

    @property
    def has_webhook(self) -> bool:
        """Telegram posts updates to us, else they are fetched."""
        return self.settings.telegram is not None and self.settings.telegram.mode == "webhook"

    async def pick(self) -> Picked:
        """The daily round."""
        kinds = [
            (name, self.channels[name].address_kind) for name in self.settings.survey.channels if name in self.channels
        ]
        return await pick(self.database, self.settings.survey, self.settings.company, kinds, self.now())

    async def remind(self) -> Reminded:
        """Queues the reminders that are due."""
        return await remind(self.database, self.settings.survey, self.settings.company, self.channels, self.now())

    async def send(self) -> Sent:
        """Sends what is due."""
        return await send_due(
            self.database,
            self.channels,
            self.settings.survey,
            self.settings.company,
            self.now,
            sender=self.sender,
            stopping=self.stopping,
        )

    async def tell(self) -> Told:
        """Tells what waits in the outbox."""
        return await tell_due(self.database, self.notifiers, self.now())

    async def post_digest(self) -> None:
        """At the weekly time: posts the week that ended."""
        settings = self.settings
        await post_weekly(self.database, settings.company, settings.digest, digest_targets(settings), self.now())
        self.outbox_waits.set()

    async def catch_up(self) -> None:
        """At the start: posts the digest that was missed, and makes up for today's round."""
        settings, now = self.settings, self.now()
        await post_missed(self.database, settings.company, settings.digest, digest_targets(settings), now)
        local = now.astimezone(settings.company.zone)
        if f"{local:%H:%M}" >= settings.schedule.pick:
            await self.pick()

    async def tidy(self) -> None:
        """Forgets what is kept for a while only."""
        await tidy(self.database, self.now())


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
        )
        await stack.enter_async_context(_serve(app))
        await stack.enter_async_context(_loops(app))
        yield app


async def run_app(settings: Settings, database: Database, stop: asyncio.Event) -> None:
    """The whole program, by the clock, until `stop` is set; then everything is closed in turn.

    :raises AnotherSender, OSError: as `open_app`
    """
    async with open_app(settings, database) as app:
        await app.pulse.watch("remind", app.remind)()  # before anything is sent: it calls off what waited too long
        await app.pulse.watch("catch_up", app.catch_up)()
        async with _clock(app):
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
    clock.every(3600, "tidy", app.pulse.watch("tidy", app.tidy))
    return clock


@asynccontextmanager
async def _serve(app: App) -> AsyncIterator[None]:
    settings = app.settings
    webhook = None
    if app.bot and app.has_webhook:
        webhook = Webhook(app.database, secret_of(app.bot.token), app.updates_wait.set, app.now)
    pages = build_web(
        app.database,
        web=settings.web,
        company=settings.company,
        survey=settings.survey,
        now=app.now,
        health=app.pulse.report,
        webhook=webhook,
    )
    async with HttpServer(pages, settings.web.host, settings.web.port):
        yield


@asynccontextmanager
async def _loops(app: App) -> AsyncIterator[None]:
    telling = asyncio.create_task(_keep_telling(app), name="telling")
    tasks = [telling]
    if app.bot:
        arrived = app.updates_wait
        inbox = TelegramInbox(app.database, app.bot, app.settings.survey, app.settings.company)
        if app.has_webhook:
            receiving = keep_webhook(app.bot, f"{app.settings.web.base}{WEBHOOK_PATH}")
        else:
            receiving = run_polling(app.database, app.bot, arrived, app.now)
        processing = run_processing(inbox, arrived, app.outbox_waits.set, app.now)
        name = "webhook" if app.has_webhook else "polling"
        tasks += [asyncio.create_task(receiving, name=name), asyncio.create_task(processing, name="processing")]
    for task in tasks:
        app.pulse.mind(task)
    try:
        yield
    finally:
        app.stopping.set()
        app.outbox_waits.set()
        await asyncio.wait([telling], timeout=TELLING_PATIENCE)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_telling(app: App) -> None:
    tell = app.pulse.watch("telling", app.tell)
    while not app.stopping.is_set():
        app.outbox_waits.clear()
        await tell()
        try:
            async with asyncio.timeout(TELL_SECONDS):
                await app.outbox_waits.wait()
        except TimeoutError:
            continue
