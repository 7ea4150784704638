"""An admin at the bot: what they write and tap, the work that follows, and the message as it then stands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.loopback.messages import Message
from bot.telegram.campaigns.following import follow_campaigns
from bot.telegram.campaigns.jobs import CampaignJobs
from bot.telegram.connection import connect
from bot.telegram.processing import TelegramInbox
from bot.telegram.staff import Staff
from scheduler.asking.sending import send_due
from scheduler.company import Company
from storage.database import Database
from tests.flow.campaigning import SHOP
from tests.flow.channels import ListChannel
from tests.flow.conversation import Conversation
from tests.flow.world import COMPANY, NOW, POLICY

GROUP, BOSS, OLGA, STRANGER = -500, 70, 71, 79
NAMED = Staff(admins=frozenset({BOSS, OLGA}))


@dataclass
class AdminDesk:
    """One admin after the other; the clock moves on with every step."""

    talk: Conversation
    now: datetime = NOW
    channel: ListChannel = field(default_factory=lambda: ListChannel(rate_per_second=500))

    @property
    def database(self) -> Database:
        return self.talk.database

    @property
    def shop(self) -> Any:
        return SHOP

    async def write(self, text: str, user: int = BOSS, **more: int) -> list[str]:
        """Writes to the bot; what it says to that, edits not counted."""
        before = len(self.talk.texts(user))
        self.talk.api.write(user, text, **more)
        await self.settle()
        return self.talk.texts(user)[before:]

    async def tap(self, words: str, user: int = BOSS, message: Message | None = None) -> str | None:
        """Taps the button of that name on the newest message that has it; the toast."""
        found = message or self.with_button(words, user)
        [data] = [one["callback_data"] for one in self.buttons_of(found) if one["text"].removeprefix("✓ ") == words]
        return await self.tap_data(data, found.message_id, user)

    async def tap_data(self, data: str, message_id: int, user: int = BOSS) -> str | None:
        """Taps a button that carries that, present or not; the toast."""
        self.talk.api.tap(user, message_id, data)
        await self.settle()
        return self.talk.api.answered[-1].text

    async def settle(self) -> None:
        """Everything that follows: updates, jobs, progress, messages."""
        self.now += timedelta(seconds=30)
        await self.talk.settle(self.now)
        await CampaignJobs(self.database, self.shop, NAMED).work_off(self.now)
        await follow_campaigns(self.database, self.shop, self.now)
        await self.talk.settle(self.now)

    async def send(self) -> int:
        """A round of sending."""
        told = await send_due(
            self.database, {self.channel.name: self.channel}, POLICY, self.talk.company, self.now, drain=True
        )
        return told.sent

    def with_button(self, words: str, user: int = BOSS) -> Message:
        own = [one for one in self.talk.api.messages(user) if one.is_own]
        return next(one for one in reversed(own) if words in self.buttons(one))

    def buttons(self, message: Message) -> list[str]:
        return [one["text"].removeprefix("✓ ") for one in self.buttons_of(message)]

    @staticmethod
    def buttons_of(message: Message) -> list[Any]:
        return [button for row in (message.reply_markup or {}).get("inline_keyboard", []) for button in row]

    def newest(self, user: int = BOSS) -> Message:
        return [one for one in self.talk.api.messages(user) if one.is_own][-1]


@asynccontextmanager
async def open_desk(database: Database, company: Company = COMPANY) -> AsyncIterator[AdminDesk]:
    """A bot with two admins."""
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_group(GROUP, "Команда")
        for user, name in ((BOSS, "Хозяин"), (OLGA, "Ольга"), (STRANGER, "Чужой")):
            api.add_user(user, name)
        talk = Conversation(database, api, bot, company)
        talk.inbox = TelegramInbox(database, bot, POLICY, company, NAMED)
        yield AdminDesk(talk)
