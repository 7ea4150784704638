"""People, groups and channels as the Bot API shows them, and how the bot stands in each."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.loopback.refusals import Refusal, bad_request
from bot.loopback.shapes import Json


class Kind(StrEnum):
    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


class Standing(StrEnum):
    """`new → open ⇄ blocked`, `open → gone`; in groups and channels `open ⇄ muted` too."""

    NEW = "new"  # a person who never pressed Start
    OPEN = "open"  # the bot may write
    MUTED = "muted"  # in the group or channel without the right to post
    BLOCKED = "blocked"  # blocked by the person, or removed from the group or channel
    GONE = "gone"  # the account was deleted


@dataclass
class Chat:
    id: int
    kind: Kind
    title: str
    """A person's first name, or the title of a group or channel."""
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    standing: Standing = Standing.OPEN
    members: dict[int, str] = field(default_factory=dict)
    """Of a group or channel: person → status, as `member` or `administrator`."""
    topics: frozenset[int] = frozenset()
    """Of a forum: the threads that can be written to."""
    migrated_to: int | None = None
    """The supergroup that this group has become."""

    def as_json(self) -> Json:
        name = {"first_name": self.title, "last_name": self.last_name} if self.is_private else {"title": self.title}
        return _without_none({"id": self.id, "type": str(self.kind), "username": self.username} | name)

    def as_user(self) -> Json:
        return _without_none(
            {
                "id": self.id,
                "is_bot": False,
                "first_name": self.title,
                "last_name": self.last_name,
                "username": self.username,
                "language_code": self.language_code,
            }
        )

    @property
    def is_private(self) -> bool:
        return self.kind is Kind.PRIVATE

    def check_open(self, what: str = "text messages") -> None:
        """:raises Refusal: the bot may not write here"""
        if self.migrated_to is not None:
            words = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(400, words, migrate_to_chat_id=self.migrated_to)
        if self.standing is Standing.MUTED:
            raise bad_request(
                "need administrator rights in the channel chat"
                if self.kind is Kind.CHANNEL
                else f"not enough rights to send {what} to the chat"
            )
        if self.standing is not Standing.OPEN:
            raise Refusal(403, f"Forbidden: {self._closed_because()}")

    def _closed_because(self) -> str:
        if not self.is_private:
            return f"bot was kicked from the {self.kind} chat"
        return {
            Standing.NEW: "bot can't initiate conversation with a user",
            Standing.BLOCKED: "bot was blocked by the user",
            Standing.GONE: "user is deactivated",
        }[self.standing]


def _without_none(values: Json) -> Json:
    return {name: value for name, value in values.items() if value is not None}
