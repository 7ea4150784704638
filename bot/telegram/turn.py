"""What a handler is handed: one update's transaction, chat and moment, and the way to answer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from telegram import InlineKeyboardMarkup, Message, TelegramObject, User

from bot.pulse import Pulse
from bot.telegram import CHANNEL
from bot.telegram.staff import Staff
from bot.telegram.voice import Voice
from bot.wording import customer_language
from scheduler.asking.policy import Policy
from scheduler.case_rules import CaseRules
from scheduler.company import Company
from scheduler.contacting import Owner, owner_of_chat
from scheduler.outbox import MessageKind, queue_message
from storage.database import Connection

NOBODY = Staff()
PLAIN = CaseRules()


@dataclass(frozen=True, kw_only=True)
class Toast:
    """What the person sees at once after a tap: a line that fades, or an alert to be closed. 200 characters at most."""

    text: str
    is_alert: bool = False
    stands_in: int | None = None  # the message that says it from now on, without buttons; stored nowhere


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One update of one chat; everything done with it becomes true together, or not at all."""

    connection: Connection
    policy: Policy
    company: Company
    chat: str
    cause: str  # names the update in the keys of what follows from it
    now: datetime
    staff: Staff = NOBODY  # everybody with a role, as this transaction finds them
    appointed: Staff = NOBODY  # those of them whom the settings name
    author: User | None = None  # who wrote or tapped; None: nobody in particular
    pulse: Pulse | None = None  # of the program that processes the update
    message: Message | None = None  # what was written; None: it is a tap or a change
    rules: CaseRules = PLAIN
    channels: Collection[str] = (CHANNEL,)  # on which customers can be told something
    stores: Collection[str] = ()  # that have a digest of their own
    groups: Collection[str] | None = None  # in which staff are answered, as the settings name them; None: in any
    topic: int | None = None  # of a forum, in which it was said

    @property
    def is_from_staff(self) -> bool:
        """Whether whoever wrote or tapped has a role."""
        return self.staff.is_staff(self.author)

    def voice(self, language: str | None) -> Voice:
        """The words for a customer of this language; None: the company's."""
        return Voice(self.company, self.policy, customer_language(language, self.company))

    async def voice_of_chat(self) -> Voice:
        """The words for whoever the chat belongs to."""
        return self.voice_for(await owner_of_chat(self.connection, chat=self.chat))

    def voice_for(self, owner: Owner | None) -> Voice:
        """The words for a customer; None: for somebody whom nobody knows yet, in the language of their Telegram."""
        if owner is not None:
            return self.voice(owner.language)
        return self.voice(self.author.language_code if self.author else None)

    async def say(self, text: str, keyboard: TelegramObject | None = None, *, reply_to: int | None = None) -> None:
        """Queues a text for the chat, with a keyboard under it or instead of the person's own.

        :param reply_to: the message that it answers, where that must be told in a group
        """
        payload: dict[str, object] = {"text": text, "keyboard": _plain(keyboard)}
        await self.queue(
            f"reply:{self.cause}", MessageKind.TEXT, {**payload, "reply_to": reply_to} if reply_to else payload
        )

    async def say_also(self, what: str, text: str, keyboard: TelegramObject | None = None) -> None:
        """A further message of the same turn, named by what it is."""
        payload: dict[str, object] = {"text": text, "keyboard": _plain(keyboard)}
        await self.queue(f"reply:{self.cause}:{what}", MessageKind.TEXT, payload)

    async def edit(
        self,
        message_id: int,
        text: str | None,
        keyboard: InlineKeyboardMarkup | None,
        *,
        key: str = "",
        anew: bool = False,
        is_html: bool = False,
    ) -> None:
        """Queues new words for a message that stands in the chat; without a keyboard its old one goes.

        :param text: None leaves the words as they are
        :param key: by which a reply to the message is told from others; empty: none is expected
        :param anew: as a new message, where the old one is gone
        """
        payload: dict[str, object] = {"message_id": message_id, "text": text, "keyboard": _plain(keyboard)}
        payload |= ({"anew": True} if anew else {}) | ({"html": True} if is_html else {})
        await self.queue(key or f"edit:{self.cause}", MessageKind.EDIT, payload)

    async def queue(self, key: str, kind: MessageKind, payload: dict[str, object]) -> None:
        """Queues a message for the chat; once for a key."""
        here = {**payload, "topic": self.topic} if self.topic else payload
        await queue_message(
            self.connection, key=key, kind=kind, channel=CHANNEL, target=self.chat, payload=here, now=self.now
        )


def _plain(keyboard: TelegramObject | None) -> dict[str, object] | None:
    return keyboard.to_dict() if keyboard else None
