"""E-mail tells staff the digest, and what customers wrote back; and customers what staff answer them."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from bot.channels.envelope import enclose
from bot.channels.mailer import Mailer
from bot.channels.settings import EmailSettings
from bot.letters.headers import parse_mailbox, question_id
from bot.letters.return_address import ReturnAddresses
from bot.reports.letter import compose_answer, compose_digest, compose_note
from bot.reports.rendering import Rendered
from bot.texts import translator
from bot.wording import customer_language
from scheduler.channel import Message, TryLater, Undeliverable, Unknown
from scheduler.company import Company
from scheduler.outbox import MessageKind
from storage.statuses import DeliveryKind

PLAIN = Company()

RenderDigest = Callable[[Mapping[str, Any]], Awaitable[Rendered]]  # of the message's payload


class EmailNotifier:
    """Tells staff (`scheduler.channel.Notifier`)."""

    name = "email"

    def __init__(
        self, mailer: Mailer, settings: EmailSettings, render_digest: RenderDigest, *, company: Company = PLAIN,
        returns: ReturnAddresses | None = None,
    ) -> None:  # fmt: skip
        """:param returns: where our mailbox takes replies"""
        self._mailer, self._settings, self._render_digest = mailer, settings, render_digest
        self._company, self._returns = company, returns
        self.rate_per_second = settings.rate_per_second

    def pace_of(self, target: str) -> None:
        """A mailbox takes what the server takes."""

    async def tell(self, message: Message) -> str:
        """Sends the letter; returns its Message-ID.

        :raises Undeliverable, TryLater: see `scheduler.channel`
        """
        try:
            letter = await self._compose(message)
        except UnicodeError as error:
            raise Undeliverable("bounced") from error  # its domain is none
        try:
            return await self._mailer.deliver(enclose(letter, self._settings.sender, message.target))
        except Unknown as error:  # at-least-once: a second copy has the same Message-ID
            raise TryLater(str(error)) from error

    async def _compose(self, message: Message) -> EmailMessage:
        head: dict[str, Any] = {"key": message.key, "address": message.target, "date": datetime.now(UTC)}
        match message.kind:
            case MessageKind.DIGEST:
                return compose_digest(await self._render_digest(message.payload), self._settings, **head)
            case MessageKind.TEXT:
                subject = message.payload.get("subject") or message.payload["text"]
                return compose_note(message.payload["text"], self._settings, subject=subject, **head)
            case MessageKind.ANSWER:
                return self._compose_answer(message.payload, head)
            case _:
                raise Undeliverable(f"no letter for {message.kind}", address_is_dead=False)

    def _compose_answer(self, payload: Mapping[str, Any], head: dict[str, Any]) -> EmailMessage:
        _ = translator(customer_language(payload["language"], self._company))
        subject = _("{company}: our answer to you").format(company=self._company.name)
        token = payload["token"]
        reply_to = self._returns.of_replies(token) if self._returns and token else None
        text = f"{payload['text']}\n\n-- \n{self._company.name}\n"
        named = token and question_id(token, DeliveryKind.QUESTION, parse_mailbox(self._settings.sender).domain)
        thread = payload["thread"] or named  # a reply names it too, whatever address it goes to
        return compose_answer(text, self._settings, subject=subject, thread=thread, reply_to=reply_to, **head)
