"""All that the server knows: chats, messages, updates and what the bot sent."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from bot.loopback.bell import Bell
from bot.loopback.call import Call
from bot.loopback.chats import Chat, Kind, Standing
from bot.loopback.messages import Answered, Message, Photo, Sent
from bot.loopback.refusals import bad_request
from bot.loopback.shapes import Json
from bot.loopback.updates import UpdateQueue
from bot.loopback.webhook import Webhook


class World:
    def __init__(self, token: str, username: str, paid_broadcast: bool) -> None:
        self.token = token
        self.paid_broadcast = paid_broadcast
        self.me: Json = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Molva",
            "username": username,
        }
        self.sent: list[Sent] = []
        self.answered: list[Answered] = []
        self.chats: dict[int, Chat] = {}
        self.bell = Bell()
        self.updates = UpdateQueue(self.bell)
        self.webhook: Webhook | None = None
        self.webhook_pause = 1.0
        """Seconds before an update is posted to the webhook for the second time."""
        self.commands: dict[tuple[str, str], list[Json]] = {}
        """The bot's menu by scope (JSON) and language."""
        self.descriptions: dict[tuple[str, str], str] = {}
        """What the bot says of itself, by field and language."""
        self.photos: dict[str, Photo] = {}
        self.documents: dict[tuple[int, int], bytes] = {}
        """What was sent as a file, by chat and message."""
        self.queries: dict[str, int] = {}
        """Taps that may still be answered: query → chat."""
        self._messages: dict[int, dict[int, Message]] = {}
        # Numbers are counted in each chat, as in Telegram's channels: a message is known by chat and number only.
        self._last_number: Counter[int] = Counter()

    def add_user(
        self,
        id: int,  # noqa: A002  the word of the Bot API
        first_name: str = "Anna",
        *,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = None,
        started: bool = True,
    ) -> Chat:
        """A person and the private chat; one who has not started the bot can't be written to."""
        standing = Standing.OPEN if started else Standing.NEW
        return self._add_chat(Chat(id, Kind.PRIVATE, first_name, last_name, username, language_code, standing))

    def add_group(
        self,
        id: int,  # noqa: A002
        title: str,
        *,
        can_post: bool = True,
        kind: str = "supergroup",
        topics: Iterable[int] = (),
        username: str | None = None,
    ) -> Chat:
        """A group; with topics a forum, with a username a public one."""
        standing = Standing.OPEN if can_post else Standing.MUTED
        chat = Chat(id, Kind(kind), title, username=username, standing=standing, topics=frozenset(topics))
        return self._add_chat(chat)

    def add_channel(self, id: int, title: str, can_post: bool = True, *, username: str | None = None) -> Chat:  # noqa: A002
        standing = Standing.OPEN if can_post else Standing.MUTED
        return self._add_chat(Chat(id, Kind.CHANNEL, title, username=username, standing=standing))

    def messages(self, chat_id: int) -> list[Message]:
        """The chat as a person sees it now, the oldest first."""
        return list(self._messages.get(chat_id, {}).values())

    def message(self, chat_id: int, message_id: int) -> Message | None:
        return self._messages.get(chat_id, {}).get(message_id)

    def current_text(self, chat_id: int, message_id: int) -> str | None:
        """The text or caption after all edits; None for a message that isn't there."""
        message = self.message(chat_id, message_id)
        return None if message is None else message.text or message.caption

    def current_keyboard(self, chat_id: int, message_id: int) -> list[list[Json]]:
        """The inline keyboard's rows after all edits."""
        message = self.message(chat_id, message_id)
        return [] if message is None else (message.reply_markup or {}).get("inline_keyboard", [])

    async def wait_for(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """
        Returns as soon as the condition holds; it is looked at whenever something changes.

        :raises TimeoutError: it didn't come to hold in that time
        """
        if not await self.bell.wait_for(condition, seconds):
            raise TimeoutError(f"not so within {seconds} seconds; {len(self.sent)} messages were sent")

    def find_chat(self, call: Call, name: str = "chat_id") -> Chat:
        """:raises Refusal: no such chat"""
        given = call.text(name)
        if not given:
            raise bad_request(f"{name} is empty")
        if given.startswith("@"):
            name = given.lower()
            chat = next((chat for chat in self.chats.values() if f"@{chat.username}".lower() == name), None)
        else:
            chat = self.chats.get(int(given)) if given.removeprefix("-").isdecimal() else None
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def keep(self, chat: Chat, sender: Json | None, *, is_own: bool, **content: Any) -> Message:
        """Puts a new message into the chat, numbered within it."""
        messages = self._messages.setdefault(chat.id, {})
        self._last_number[chat.id] += 1
        number = self._last_number[chat.id]
        messages[number] = Message(chat.as_json(), number, self.clock(), sender, is_own, **content)
        return messages[number]

    @staticmethod
    def clock() -> int:
        """Now, in Unix seconds."""
        return int(time.time())

    def remove(self, chat_id: int, message_id: int) -> None:
        del self._messages[chat_id][message_id]

    def record(self, call: Call, message: Message, photo: bytes | None = None) -> None:
        """Notes what the bot did, as it now stands."""
        chat_id: int = message.chat["id"]
        markup = call.value("reply_markup")
        words = (message.text, message.caption)
        now = datetime.now(UTC)
        self.sent.append(Sent(call.method, chat_id, message.message_id, *words, photo, markup, now, call.parameters))
        self.bell.ring()

    def record_answer(self, query_id: str, text: str | None, show_alert: bool) -> None:
        chat_id = self.queries[query_id]
        self.answered.append(Answered(query_id, chat_id, text, show_alert, datetime.now(UTC)))
        self.bell.ring()

    def open_query(self, chat_id: int) -> str:
        query_id = str(secrets.randbits(62))
        self.queries[query_id] = chat_id
        return query_id

    def _add_chat(self, chat: Chat) -> Chat:
        self.chats[chat.id] = chat
        return chat
