"""Links as they are handed out, and what of Telegram's addresses they are made of."""

from dataclasses import dataclass
from urllib.parse import quote

TEST_TOKEN = "molva-test-letter-only"  # 22 signs; no invitation has it: real ones are random


@dataclass(frozen=True, kw_only=True)
class DeepLink:
    """A link as it is handed out."""

    customer: str  # the shop's number
    customer_name: str | None
    url: str
    is_joined: bool  # the customer is in the chat already


@dataclass(frozen=True, kw_only=True)
class PublicLink:
    """A link that anybody may open."""

    store: str  # empty: the shop as a whole
    url: str


def deep_link(username: str, token: str) -> str:
    """The address that opens the bot's chat and sends /start TOKEN."""
    return f"https://t.me/{quote(username)}?start={quote(token)}"


def share_link(url: str, text: str) -> str:
    """The address by which Telegram offers to send a link on, with some words."""
    return f"https://t.me/share/url?url={quote(url, safe='')}&text={quote(text, safe='')}"
