"""A shop for the conversations: the running program on SQLite, a Bot API server on loopback, a clock that stands."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot.app import open_app
from bot.config import Settings, parse_settings
from bot.loopback.bot_api import BotApiServer
from bot.loopback.messages import Message
from bot.steps import App
from storage.database import Database
from storage.models import Dialogue, InboxUpdate, OutboxMessage
from storage.statuses import InboxStatus, OutboxStatus
from tests.book.transcript import Transcript
from tests.flow.conversation import forget_pace

WEDNESDAY = {"ru": "2026-11-18T12:00:00+03:00", "en": "2026-11-18T12:00:00+00:00"}
SHOPS: dict[str, dict[str, Any]] = {
    "ru": {"name": "Чайная лавка"},
    "en": {"name": "The Tea Shop", "country": "GB", "timezone": "Europe/London", "currency": "GBP"},
}
NOBODY = 0  # no chat
PATIENCE = 30.0  # seconds for what follows from an act


@dataclass
class Stage:
    """Acts are written down with what the program answers to them."""

    app: App
    api: BotApiServer
    language: str
    moment: list[datetime]
    transcript: Transcript = field(default_factory=Transcript)
    _seen: tuple[int, int] = (0, 0)  # messages and answered taps that are written down

    def words(self, ru: str, en: str) -> str:
        """The one in the shop's language."""
        return ru if self.language == "ru" else en

    @property
    def now(self) -> datetime:
        """The moment on stage."""
        return self.moment[0]

    def wait(self, **span: float) -> None:
        """Lets time pass."""
        self.moment[0] += timedelta(**span)

    def scene(self, title: str) -> None:
        """Begins a scene."""
        self.transcript.scene(title)

    def at(self, clock: str) -> None:
        """Lets time pass until an hour of this day, such as "13:00"."""
        self.moment[0] = datetime.combine(self.now.date(), time.fromisoformat(clock), self.now.tzinfo)

    async def do(self, who: int, what: str, act: Callable[[], object]) -> None:
        """Somebody does something else."""
        self.transcript.act(self._name(who), what)
        act()
        await self.settle(who)

    async def write(self, who: int, text: str, *, chat: int | None = None, reply_to: int | None = None) -> None:
        """Somebody writes, in private or in a group."""
        self.transcript.act(self._name(who), f"{self.words('пишет', 'writes')}: {text}")
        self.api.write(chat or who, text, user_id=who, reply_to=reply_to)
        await self.settle(chat or who)

    async def tap(self, who: int, label: str, *, chat: int | None = None, only: int | None = None) -> None:
        """Somebody taps the newest button with these words on it; it must be there. :param only: as `settle`"""
        message, data = self._button(chat or who, label)
        self.transcript.act(self._name(who), f"{self.words('нажимает', 'taps')} `[ {label} ]`")
        self.api.tap(chat or who, message.message_id, data, user_id=who)
        await self.settle(chat or who, only=only)

    async def see(self, chat: int, words: str) -> None:
        """Waits until the bot's last message in a chat has these words, and writes down how it stands then.

        What follows by the clock, not from an act, may come a look earlier or later: only its end is sure.
        """
        async with asyncio.timeout(PATIENCE):
            while words not in (self.newest(chat).text or ""):
                self.wait(minutes=1)
                await self.settle(only=NOBODY)
        await self.settle(only=NOBODY)
        self.transcript.shown(self.newest(chat), self.api.chats[chat].title)

    def newest(self, chat: int) -> Message:
        """The bot's last message in a chat."""
        return [message for message in self.api.messages(chat) if message.is_own][-1]

    async def settle(self, here: int = NOBODY, *, only: int | None = None) -> None:
        """Until nothing waits any more; then writes down what was said.

        :param here: the chat in which something was done
        :param only: the one chat that is of interest, or nobody's; None: every chat
        """
        async with asyncio.timeout(PATIENCE):
            await self._quiet()
        await forget_pace(self.app.database)
        sent, answered = self._seen
        said = [one for one in self.api.sent[sent:] if only in (None, one.chat_id)]
        titles = {number: chat.title for number, chat in self.api.chats.items()}
        toasts = self.api.answered[answered:] if only != NOBODY else []
        self.transcript.said(said, toasts, titles, here if only is None else only)
        self._seen = len(self.api.sent), len(self.api.answered)

    async def _quiet(self) -> None:
        """Nobody rings when the last table is empty: it is looked at again and again."""
        while not await self._is_quiet():  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def _is_quiet(self) -> bool:
        if self.api.updates.waiting or self.api.queries.keys() - {one.query_id for one in self.api.answered}:
            return False
        if await self._waiting():
            return False
        await self.app.tell()  # what follows from an update without being queued by it, as the card of a case
        return not await self._waiting()

    async def _waiting(self) -> int:
        """Updates, messages and staff's work that are still to be seen to."""
        statements = (
            select(func.count()).where(InboxUpdate.status == InboxStatus.PENDING),
            select(func.count()).where(OutboxMessage.status == OutboxStatus.QUEUED),
            select(func.count()).where(Dialogue.job.is_not(None)),
        )
        async with self.app.database.read() as connection:
            return sum([(await connection.execute(statement)).scalar_one() for statement in statements])

    def _button(self, chat: int, label: str) -> tuple[Message, str]:
        for message in reversed(self.api.messages(chat)):
            for row in self.api.current_keyboard(chat, message.message_id):
                for button in row:
                    if button["text"] == label:
                        return message, button["callback_data"]
        raise AssertionError(f"no button «{label}» in chat {chat}")

    def _name(self, who: int) -> str:
        return self.api.chats[who].title


@asynccontextmanager
async def open_stage(language: str, **sections: dict[str, Any]) -> AsyncIterator[Stage]:
    """A shop that speaks this language. :param sections: of config.toml, beside those that every stage has"""
    with tempfile.TemporaryDirectory() as folder:
        async with BotApiServer(username="tea_shop_bot") as api:
            settings = _settings(Path(folder), api, language, sections)
            database = Database(settings.database.url)
            moment = [datetime.fromisoformat(WEDNESDAY[language])]
            try:
                await database.upgrade()
                async with open_app(settings, database, lambda: moment[0]) as app:
                    yield Stage(app, api, language, moment)
            finally:
                await database.close()


def _settings(folder: Path, api: BotApiServer, language: str, sections: dict[str, dict[str, Any]]) -> Settings:
    port = _free_port()
    document: dict[str, dict[str, Any]] = {
        "database": {"url": f"sqlite+aiosqlite:///{(folder / 'molva.db').as_posix()}"},
        "company": {**SHOPS[language], "language": language},
        "telegram": {"token": api.token, "api_url": api.url, "rate_per_second": 1000},
        "web": {"port": port, "public_url": f"http://127.0.0.1:{port}"},
    }
    for name, values in sections.items():
        document.setdefault(name, {}).update(values)
    return parse_settings(document, "the book")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
