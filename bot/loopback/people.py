"""What people do: write, tap, share their number, block, remove the bot."""

import re
import secrets
from typing import Any

from bot.loopback.chats import Chat, Kind, Standing
from bot.loopback.formatting import utf16_length
from bot.loopback.messages import Message
from bot.loopback.methods.account import describe_bot
from bot.loopback.shapes import Json
from bot.loopback.world import World

_COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,32}(?:@\w+)?")
# Whoever adds the bot to groups and channels and removes it, where nobody is named.
_OWNER: Json = {"id": 1, "is_bot": False, "first_name": "Owner"}

_SIZE, _LENGTH = {"width": 512, "height": 512}, {"duration": 3}
SHAPES: dict[str, Json] = {
    "animation": _SIZE | _LENGTH,
    "audio": _LENGTH,
    "document": {},
    "photo": _SIZE,
    "sticker": _SIZE | {"type": "regular", "is_animated": False, "is_video": False},
    "video": _SIZE | _LENGTH,
    "video_note": _LENGTH | {"length": 240},
    "voice": _LENGTH,
}


class People(World):
    """The world with people in it: each act queues the update that Telegram would."""

    def write(
        self, chat_id: int, text: str, *, user_id: int | None = None, reply_to: int | None = None,
        topic: int | None = None,
    ) -> Message:  # fmt: skip
        """
        A message of a person, or a post in a channel; returns it as it then stands in the chat.

        `user_id` says who writes in a group. One who blocked the bot, or never started it, does so by writing.
        """
        there = {"extra": {"message_thread_id": topic, "is_topic_message": True}} if topic else {}
        return self._say(chat_id, user_id, reply_to, text=text, entities=find_commands(text), **there)

    def share_contact(self, chat_id: int, phone_number: str, *, user_id: int | None = None) -> Message:
        """The person's own number, or with `user_id` somebody else's contact."""
        owner = self.chats.get(chat_id if user_id is None else user_id)
        contact = {"phone_number": phone_number, "first_name": owner.title if owner else "Contact"}
        known = {"user_id": owner.id} if owner else {}
        return self._say(chat_id, None, None, extra={"contact": contact | known})

    def send_file(
        self, chat_id: int, kind: str, *, caption: str | None = None, album: str | None = None,
        user_id: int | None = None, reply_to: int | None = None,
    ) -> Message:  # fmt: skip
        """A voice message, photo … of a person, named as the Bot API's field; an album is several of the same."""
        file: Json = {"file_id": secrets.token_urlsafe(48), "file_unique_id": secrets.token_urlsafe(12)} | SHAPES[kind]
        told = {"caption": caption, "media_group_id": album}
        content = {kind: [file] if kind == "photo" else file} | {name: said for name, said in told.items() if said}
        return self._say(chat_id, user_id, reply_to, extra=content)

    def share_person(self, chat_id: int, user_id: int, *, request_id: int = 1) -> Message:
        """A person chosen with a button that asks for one."""
        person = self.chats[user_id]
        shared = [{"user_id": user_id, "first_name": person.title}]
        return self._say(chat_id, None, None, extra={"users_shared": {"request_id": request_id, "users": shared}})

    def forward(self, chat_id: int, user_id: int, text: str, *, is_hidden: bool = False) -> Message:
        """A message of somebody else's, forwarded; who hides is named, but not known."""
        person = self._person(user_id)
        known = {"type": "user", "sender_user": person}
        hidden = {"type": "hidden_user", "sender_user_name": person["first_name"]}
        origin = {"date": self.clock(), **(hidden if is_hidden else known)}
        return self._say(chat_id, None, None, text=text, extra={"forward_origin": origin})

    def tap(self, chat_id: int, message_id: int, data: str, *, user_id: int | None = None) -> str:
        """A tap on a button, present or not (an old or forged keyboard); returns the callback query's id."""
        chat = self.chats[chat_id]
        message = self.message(chat_id, message_id)
        query_id = self.open_query(chat_id)
        query = {
            "id": query_id,
            "from": self._person(chat_id if user_id is None else user_id),
            "message": message.as_json() if message else _inaccessible(chat, message_id),
            "chat_instance": str(chat_id * 7919),
            "data": data,
        }
        self.updates.add("callback_query", query)
        return query_id

    def expire_queries(self) -> None:
        """The taps so far are too old to be answered."""
        self.queries.clear()

    def push(self, update: Json) -> int:
        """Any update as it is, also a broken one; its `update_id`, given where it brings none."""
        return self.updates.push(update)

    def block(self, chat_id: int) -> None:
        """The person blocks the bot; in a group or channel: the bot is removed."""
        self._stand(chat_id, Standing.BLOCKED)

    def unblock(self, chat_id: int) -> None:
        self._stand(chat_id, Standing.OPEN)

    def mute(self, chat_id: int) -> None:
        """The bot loses the right to post in a group or channel."""
        self._stand(chat_id, Standing.MUTED)

    def deactivate(self, chat_id: int) -> None:
        """The person deletes the account; Telegram tells the bot only when it writes."""
        self.chats[chat_id].standing = Standing.GONE

    def migrate(self, chat_id: int, new_id: int) -> Chat:
        """A group becomes a supergroup with another id."""
        old = self.chats[chat_id]
        old.migrated_to = new_id
        new = self.add_group(new_id, old.title)
        self._say(chat_id, _OWNER["id"], None, extra={"migrate_to_chat_id": new_id})
        self._say(new_id, _OWNER["id"], None, extra={"migrate_from_chat_id": chat_id})
        return new

    def _stand(self, chat_id: int, standing: Standing) -> None:
        chat = self.chats[chat_id]
        before, chat.standing = describe_bot(self, chat), standing
        after = describe_bot(self, chat)
        if before != after:
            person = chat.as_user() if chat.is_private else _OWNER
            change = {"chat": chat.as_json(), "from": person, "date": self.clock()}
            self.updates.add("my_chat_member", change | {"old_chat_member": before, "new_chat_member": after})

    def _say(self, chat_id: int, user_id: int | None, reply_to: int | None, **content: Any) -> Message:
        chat = self.chats[chat_id]
        if chat.is_private and chat.standing is not Standing.OPEN:
            self.unblock(chat_id)
        is_post = chat.kind is Kind.CHANNEL
        sender = None if is_post else self._person(chat_id if user_id is None else user_id)
        if sender and not chat.is_private:
            chat.members.setdefault(sender["id"], "member")
        message = self.keep(chat, sender, is_own=False, **content)
        answered = self.message(chat_id, reply_to) if reply_to else None
        if answered:
            message.extra["reply_to_message"] = answered.as_json()
        self.updates.add("channel_post" if is_post else "message", message.as_json())
        return message

    def _person(self, user_id: int) -> Json:
        if user_id == _OWNER["id"] and user_id not in self.chats:
            return _OWNER
        return self.chats[user_id].as_user()


def find_commands(text: str) -> list[Json]:
    """The commands in a text, as Telegram marks them."""
    return [
        {"type": "bot_command", "offset": utf16_length(text[: match.start()]), "length": len(match[0])}
        for match in _COMMAND.finditer(text)
    ]


def _inaccessible(chat: Chat, message_id: int) -> Json:
    return {"chat": chat.as_json(), "message_id": message_id, "date": 0}
