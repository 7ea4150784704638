"""How the shop's bot and mail server are reached."""

from dataclasses import dataclass
from math import ceil
from typing import Literal

PLACES = 16  # enough for 30 a second, and as many as python-telegram-bot on httpx is still quick with
ANSWER_SECONDS = 0.15  # that Telegram may take for an answer before the rate suffers


@dataclass(frozen=True, kw_only=True)
class TelegramSettings:
    """`[telegram]`: chats are "@name" or numeric ids; people are Telegram user ids."""

    token: str
    api_url: str = "https://api.telegram.org"
    proxy: str = ""
    mode: Literal["polling", "webhook"] = "polling"  # how updates come
    management_chat: str | int = ""
    cases_chat: str | int = ""
    admins: tuple[int, ...] = ()
    managers: tuple[int, ...] = ()
    operators: tuple[int, ...] = ()
    rate_per_second: float = 25
    allow_paid_broadcast: bool = False

    @property
    def places(self) -> int:
        """Questions under way at once: as many as the rate needs while Telegram takes its time to answer."""
        return max(PLACES, ceil(self.rate_per_second * ANSWER_SECONDS)) if self.allow_paid_broadcast else PLACES

    @property
    def staff(self) -> frozenset[int]:
        """Everybody with a role."""
        return frozenset((*self.admins, *self.managers, *self.operators))


@dataclass(frozen=True, kw_only=True)
class EmailSettings:
    """`[email]`."""

    host: str
    sender: str  # "Name <address>" or the bare address
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = ""
    reply_to: str = ""
    rate_per_second: float = 10
    connections: int = 5
    letters_per_connection: int = 100  # then it is closed: many servers refuse more


@dataclass(frozen=True, kw_only=True)
class MailboxSettings:
    """`[mailbox]`: where bounces and replies to letters come in, read by IMAP."""

    host: str
    username: str
    port: int = 993
    security: Literal["starttls", "tls", "none"] = "tls"
    password: str = ""
    folder: str = "INBOX"
    address: str = ""  # the mailbox's own; where it takes plus-addresses, letters name one that has their token
    delimiter: str = "+"  # of plus-addresses; empty: it takes none
    poll_seconds: float = 60
