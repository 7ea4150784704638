"""The shop's floor: staff in their groups with the bot, and one customer who was asked; driven step by step."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.channels.connections import Connections
from bot.channels.mailer import Mailer
from bot.channels.settings import TelegramSettings
from bot.config import Settings
from bot.loopback.bot_api import BotApiServer
from bot.loopback.messages import Message
from bot.notifiers import build_notifiers
from bot.telegram import CHANNEL
from bot.telegram.connection import connect
from bot.telegram.groups import CasesGroup
from bot.telegram.processing import TelegramInbox
from bot.telegram.staff import Staff
from scheduler.answering import record_comment, record_score
from scheduler.carding import queue_cards
from scheduler.outbox import tell_due
from storage.database import Database
from storage.models import Case
from storage.statuses import ResponseChannel
from tests.flow.conversation import Conversation, forget_pace
from tests.flow.world import COMPANY, NOW, POLICY, Seeded, ask_customer

GROUP, OLGA, IVAN, PETR, OPER, STRANGER, ANNA = -500, 71, 72, 73, 74, 79, 1001
NAMES = {OLGA: "Ольга", IVAN: "Иван", PETR: "Пётр", OPER: "Оля", STRANGER: "Чужой", ANNA: "Анна"}


@dataclass
class Floor:
    """Olga and Ivan are managers, Petr an admin, Olya an operator; Anna was asked in her chat."""

    talk: Conversation
    settings: Settings
    group: CasesGroup
    asked: Seeded
    now: datetime = NOW
    mailer: Mailer | None = None  # None: e-mail is off

    @property
    def api(self) -> BotApiServer:
        return self.talk.api

    @property
    def database(self) -> Database:
        return self.talk.database

    async def settle(self, later: timedelta = timedelta()) -> None:
        """Everything that waits is processed, and everybody is told."""
        self.now += later
        await forget_pace(self.database)
        await self.talk.fetch(self.now)
        await self.talk.inbox.process_pending(self.now)
        await self.group.find()
        async with self.database.begin() as connection:
            await queue_cards(connection, channel=CHANNEL, place_of=self.group.place_of, now=self.now)
        connections = Connections(bot=self.talk.bot, mailer=self.mailer)
        await tell_due(self.database, build_notifiers(self.database, self.settings, connections), self.now)
        await self.talk.inbox.acknowledgements.finish()

    async def answer(self, score: int, comment: str = "", asked: Seeded | None = None) -> None:
        token = (asked or self.asked).token
        async with self.database.begin() as connection:
            await record_score(
                connection, POLICY, COMPANY, token=token, score=score, channel=ResponseChannel.EMAIL, now=self.now
            )
            await record_comment(connection, POLICY, token=token, text=comment, now=self.now)
        await self.settle()

    async def tap(self, action: str, user_id: int = OLGA) -> str:
        """Taps a button of the card; what the person is told."""
        return await self.tap_data(f"c:{await self.case('id')}:{action}", user_id)

    async def tap_data(self, data: str, user_id: int = OLGA, message: Message | None = None) -> str:
        shown = message or self.card
        self.api.tap(shown.chat["id"], shown.message_id, data, user_id=user_id)
        await self.settle()
        return self.api.answered[-1].text or ""

    async def write(self, text: str, user_id: int = OLGA, reply_to: Message | None = None) -> None:
        """In the group, or as a reply wherever that message stands."""
        chat = reply_to.chat["id"] if reply_to else GROUP
        self.api.write(chat, text, user_id=user_id, reply_to=reply_to.message_id if reply_to else None)
        await self.settle()

    async def write_to_bot(self, text: str, user_id: int = ANNA) -> None:
        """In the private chat."""
        self.api.write(user_id, text)
        await self.settle()

    async def case(self, column: str) -> Any:
        async with self.database.read() as connection:
            return (await connection.execute(select(getattr(Case, column)))).scalar_one()

    def said(self, chat: int = GROUP) -> list[Message]:
        """What the bot said in a chat, as it stands now."""
        return [message for message in self.api.messages(chat) if message.is_own]

    @property
    def own(self) -> list[Message]:
        return self.said()

    @property
    def card(self) -> Message:
        return self.own[0]

    @property
    def text(self) -> str:
        return self.card.text or ""

    @property
    def rows(self) -> list[list[str]]:
        """The card's buttons as they stand."""
        keyboard = self.api.current_keyboard(GROUP, self.card.message_id)
        return [[button["text"] for button in row] for row in keyboard]


def add_people(api: BotApiServer) -> None:
    api.add_group(GROUP, "Команда")
    for user, name in NAMES.items():
        api.add_user(user, name)


@asynccontextmanager
async def open_floor(database: Database, api: BotApiServer, **settings: Any) -> AsyncIterator[Floor]:
    """:param settings: sections beside Telegram's, and `telegram` for more of that one"""
    async with database.begin() as connection:
        sale = settings.pop("sale", {})
        asked = await ask_customer(
            connection, name="Анна <b>", email="anna@example.test", phone="+79990001122", sale=sale
        )
    telegram = TelegramSettings(
        token=api.token, api_url=api.url, rate_per_second=1000, **{"cases_chat": GROUP, **settings.pop("telegram", {})}
    )
    async with connect(telegram) as bot:
        talk = Conversation(database, api, bot)
        staff = Staff(admins=frozenset({PETR}), managers=frozenset({OLGA, IVAN}), operators=frozenset({OPER}))
        channels = ("telegram", "email") if "email" in settings else ("telegram",)
        talk.inbox = TelegramInbox(database, bot, POLICY, COMPANY, staff, channels=channels)
        whole = replace(Settings(company=COMPANY, survey=POLICY, telegram=telegram), **settings)
        yield Floor(talk, whole, CasesGroup(bot, telegram), asked)
