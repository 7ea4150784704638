"""How the shop's bot and mail server are reached."""

from dataclasses import dataclass
from math import ceil
from typing import Literal

PLACES = 16  # enough for 30 a second, and as many as python-telegram-bot on httpx is still quick with
ANSWER_SECONDS = 0.15  # that Telegram may take for an answer before the rate suffers


@dataclass(frozen=True, kw_only=True)
class CaseChat:
    """`[[telegram.case_chats]]`: whose cases are seen to in which group."""

    chat: str | int
    topic: int = 0  # of a forum, its message_thread_id; 0: none
    store: str = ""  # of the sale; empty: any
    manager: str = ""  # of the sale; empty: any


@dataclass(frozen=True, kw_only=True)
class TelegramSettings:
    """`[telegram]`: chats are "@name" or numeric ids; people are Telegram user ids."""

    token: str
    api_url: str = "https://api.telegram.org"
    proxy: str = ""
    mode: Literal["polling", "webhook"] = "polling"  # how updates come
    management_chat: str | int = ""
    cases_chat: str | int = ""
    cases_topic: int = 0  # of cases_chat where it is a forum; 0: none
    case_chats: tuple[CaseChat, ...] = ()  # the first that fits a case counts; cases_chat where none does
    admins: tuple[int, ...] = ()
    managers: tuple[int, ...] = ()
    operators: tuple[int, ...] = ()
    rate_per_second: float = 25
    allow_paid_broadcast: bool = False

    @property
    def places(self) -> int:
        """Questions under way at once: as many as the rate needs while Telegram takes its time to answer."""
        return max(PLACES, ceil(self.rate_per_second * ANSWER_SECONDS)) if self.allow_paid_broadcast else PLACES

    def case_problems(self) -> list[tuple[str, str]]:
        """(setting, what is wrong) of where cases go."""
        has_default = bool(str(self.cases_chat).strip())
        found = []
        if self.cases_topic < 0:
            found.append(("cases_topic", f"{self.cases_topic} is no topic: write its message_thread_id, or 0 for none"))
        if self.cases_topic and not has_default:
            found.append(("cases_topic", "is a topic of cases_chat, which is empty: name the group too"))
        if self.case_chats and not has_default:
            found.append(("case_chats", "needs cases_chat as well: cases that fit none of the entries go there"))
        seen: dict[tuple[str, str], int] = {}
        for number, one in enumerate(self.case_chats, 1):
            key, whose = f"case_chats[{number}]", (one.store.strip().casefold(), one.manager.strip().casefold())
            if not str(one.chat).strip():
                found.append((f"{key}.chat", 'is empty: write the group\'s id such as -1001234567890, or "@name"'))
            if one.topic < 0:
                found.append((f"{key}.topic", f"{one.topic} is no topic: write its message_thread_id, or 0 for none"))
            if not any(whose):
                found.append((key, "says neither store nor manager: name whose cases go there"))
            elif whose in seen:
                found.append((key, f"is for the same cases as case_chats[{seen[whose]}]: keep one of them"))
            seen.setdefault(whose, number)
        return found

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
