"""A message as it stands in a chat, and the record of what a bot sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.loopback.shapes import Json


@dataclass(frozen=True)
class Sent:
    """One accepted call that changed a chat: a message sent, edited or deleted, with what it then held."""

    method: str
    chat_id: int
    message_id: int
    text: str | None
    caption: str | None
    photo: bytes | None
    reply_markup: Json | None
    at: datetime
    parameters: Mapping[str, Any] = field(repr=False)
    """All the bot passed, as it came over the wire."""

    @property
    def buttons(self) -> list[Json]:
        """The inline keyboard's buttons, row after row."""
        return [button for row in (self.reply_markup or {}).get("inline_keyboard", []) for button in row]


@dataclass(frozen=True)
class Answered:
    """One accepted `answerCallbackQuery`."""

    query_id: str
    chat_id: int
    text: str | None
    show_alert: bool
    at: datetime


@dataclass(frozen=True)
class Photo:
    file_id: str
    content: bytes = field(repr=False)
    width: int
    height: int

    def as_json(self) -> list[Json]:
        size = {"width": self.width, "height": self.height, "file_size": len(self.content)}
        return [{"file_id": self.file_id, "file_unique_id": self.file_id[-16:], **size}]


@dataclass
class Message:
    chat: Json
    message_id: int
    date: int
    """Unix seconds."""
    sender: Json | None
    """None for a post in a channel's name."""
    is_own: bool
    """Written by the bot."""
    text: str | None = None
    caption: str | None = None
    entities: list[Json] = field(default_factory=list)
    """Of the text or of the caption, offsets in UTF-16 units."""
    photo: Photo | None = None
    reply_markup: Json | None = None
    """The inline keyboard; other keyboards belong to no message."""
    edit_date: int | None = None
    extra: Json = field(default_factory=dict)
    """Further fields of the Bot API's Message, as `contact`."""

    def as_json(self) -> Json:
        words = "text" if self.photo is None else "caption"
        values = {
            "message_id": self.message_id,
            "from": self.sender,
            "sender_chat": self.chat if self.sender is None else None,
            "chat": self.chat,
            "date": self.date,
            "edit_date": self.edit_date,
            "photo": self.photo.as_json() if self.photo else None,
            words: getattr(self, words),
            ("entities" if words == "text" else "caption_entities"): self.entities or None,
            "reply_markup": self.reply_markup,
        }
        return {name: value for name, value in values.items() if value is not None} | self.extra
