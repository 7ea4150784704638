"""The program's parts and its steps, which the clock and the demonstration call alike."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.alarms import queue_alarms
from bot.config import Settings
from bot.mailbox.reading import MailboxReader
from bot.mailbox.telling import queue_comments
from bot.notifiers import digest_targets
from bot.pulse import Pulse
from bot.shop import shop_of
from bot.telegram import CHANNEL as TELEGRAM
from bot.telegram.campaigns.following import follow_campaigns
from bot.telegram.connection import ShopBot
from bot.telegram.groups import CasesGroup
from bot.telegram.minding import mind_cases
from bot.telling import staff_targets
from scheduler.asking.asking_again import ask_again
from scheduler.asking.picking import Picked, pick
from scheduler.asking.reminding import Reminded, remind
from scheduler.asking.sending import Sent, send_due
from scheduler.asking.shift import Shift
from scheduler.carding import queue_cards
from scheduler.channel import Channel, Notifier
from scheduler.digesting import post_missed, post_weekly
from scheduler.housekeeping import tidy
from scheduler.outbox import Told, tell_due
from storage.database import Database
from storage.senders import LiveSender


@dataclass(kw_only=True)
class App:
    """The running program."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    sender: LiveSender
    channels: dict[str, Channel]
    notifiers: dict[str, Notifier]
    bot: ShopBot | None
    pulse: Pulse
    cases_group: CasesGroup | None = None  # None: Telegram is off; cases wait in the database
    mailbox: MailboxReader | None = None  # None: no mailbox is read
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    outbox_waits: asyncio.Event = field(default_factory=asyncio.Event)
    updates_wait: asyncio.Event = field(default_factory=asyncio.Event)  # in the inbox

    @property
    def has_webhook(self) -> bool:
        """Telegram posts updates to us, else they are fetched."""
        return self.settings.telegram is not None and self.settings.telegram.mode == "webhook"

    async def pick(self) -> Picked:
        """The daily round, and before it those who are asked again after a case of theirs."""
        kinds = [
            (name, self.channels[name].address_kind) for name in self.settings.survey.channels if name in self.channels
        ]
        if self.settings.cases.ask_again:
            await ask_again(self.database, self.settings.survey, self.settings.company, kinds, self.now())
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
        """Tells what waits in the outbox, cards of cases and campaigns that changed and replies to letters among it."""
        group = await self.cases_group.find() if self.cases_group else ""
        if group and self.cases_group:
            async with self.database.begin() as connection:
                await queue_cards(connection, channel=TELEGRAM, place_of=self.cases_group.place_of, now=self.now())
        if self.mailbox:
            targets = staff_targets(self.settings, group)
            await queue_comments(self.database, self.settings.company, targets, self.now())
        await queue_alarms(self.database, self.settings, self.now())
        if self.bot:
            await follow_campaigns(self.database, shop_of(self.settings), self.now())
        return await tell_due(self.database, self.notifiers, self.now(), stopping=self.stopping)

    async def mind_cases(self) -> None:
        """Says what is due about cases that wait."""
        if await mind_cases(self.database, self.settings, self.now()):
            self.outbox_waits.set()

    async def read_mailbox(self) -> None:
        """Takes in what came into the mailbox; of several processes one does, the others stand by."""
        if self.mailbox and await self.mailbox.watch.is_ours():
            shift = Shift(
                database=self.database,
                channels=self.channels,
                policy=self.settings.survey,
                company=self.settings.company,
                clock=self.now,
                sender_id=self.sender.id,
            )
            if await self.mailbox.read(shift, self.stopping.is_set):
                self.outbox_waits.set()

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
            self.pulse.succeeded("pick")

    async def tidy(self) -> None:
        """Forgets what is kept for a while only."""
        await tidy(self.database, self.now())
