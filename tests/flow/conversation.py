"""The program's Telegram side against a Bot API on loopback, driven step by step."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.channels.case_messages import CardPost
from bot.channels.settings import TelegramSettings
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_notifier import DigestPost, Posts, TelegramNotifier
from bot.loopback.bot_api import BotApiServer
from bot.loopback.messages import Message
from bot.telegram.connection import ShopBot
from bot.telegram.processing import TelegramInbox
from bot.telegram.updates import poll_once
from scheduler.asking.policy import Policy
from scheduler.channel import Question
from scheduler.company import Company
from scheduler.outbox import tell_due
from storage.database import Database
from storage.rates import forget_chats
from tests.flow.world import COMPANY, NOW, POLICY


async def no_digest(payload: dict[str, Any]) -> DigestPost:
    raise AssertionError(f"no digest is told here: {payload}")


async def no_case(payload: dict[str, Any], chat: str) -> CardPost:
    raise AssertionError(f"no case is told here: {payload}, {chat}")


NO_POSTS = Posts(digest=no_digest, case=no_case)


async def forget_pace(database: Database) -> None:
    """Single chats' own pace runs on the database's clock, which no test waits for."""
    async with database.begin() as connection:
        await forget_chats(connection, idle=-3600.0)


@dataclass
class Conversation:
    """`customer does something`, `await settle()`, then look at the chat and the tables."""

    database: Database
    api: BotApiServer
    bot: ShopBot
    company: Company = COMPANY
    policy: Policy = POLICY
    offset: int | None = None
    inbox: TelegramInbox = field(init=False)

    def __post_init__(self) -> None:
        self.inbox = TelegramInbox(self.database, self.bot, self.policy, self.company)

    @property
    def settings(self) -> TelegramSettings:
        return TelegramSettings(token=self.api.token, api_url=self.api.url, rate_per_second=1000)

    async def settle(self, now: datetime = NOW) -> int:
        """Fetches, processes, tells and acknowledges everything; returns how many updates took effect."""
        await forget_pace(self.database)
        await self.fetch(now)
        done = await self.inbox.process_pending(now)
        await self.tell(now)
        await self.inbox.acknowledgements.finish()
        return done

    async def tell(self, now: datetime = NOW) -> None:
        """Tells what waits, each chat at its pace."""
        notifier = TelegramNotifier(self.bot, self.settings, self.policy, self.company, NO_POSTS)
        await tell_due(self.database, {notifier.name: notifier}, now)

    async def fetch(self, now: datetime = NOW) -> None:
        """Fetches and stores what waits, and confirms it."""
        while True:
            self.offset = await poll_once(self.database, self.bot, self.offset, lambda: now, wait=0)
            if self.offset is None:
                return

    async def ask(self, token: str, chat: int = 1001, language: str = "ru") -> Message:
        """Sends the question; returns the message as it stands in the chat."""
        channel = TelegramChannel(self.bot, self.settings, self.policy, self.company)
        asked = Question(
            delivery_id=1, kind="question", token=token, address=str(chat), language=language, customer_name=None,
            texts=None,
        )  # fmt: skip
        message = self.api.message(chat, int(await channel.ask(asked)))
        assert message is not None
        return message

    def texts(self, chat: int = 1001) -> list[str]:
        """What the bot has said in a chat, as it stands now."""
        return [message.text or "" for message in self.api.messages(chat) if message.is_own]
