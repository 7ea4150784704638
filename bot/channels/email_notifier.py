"""E-mail tells staff the digest."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.channels.envelope import enclose
from bot.channels.mailer import Mailer
from bot.channels.settings import EmailSettings
from bot.reports.letter import compose_digest
from bot.reports.rendering import Rendered
from scheduler.channel import Message, TryLater, Undeliverable, Unknown
from scheduler.outbox import MessageKind

RenderDigest = Callable[[Mapping[str, Any]], Awaitable[Rendered]]  # of the message's payload


class EmailNotifier:
    """Tells the readers of the digest (`scheduler.channel.Notifier`)."""

    name = "email"

    def __init__(self, mailer: Mailer, settings: EmailSettings, render_digest: RenderDigest) -> None:
        self._mailer, self._settings, self._render_digest = mailer, settings, render_digest
        self.rate_per_second = settings.rate_per_second

    async def tell(self, message: Message) -> str:
        """Sends the letter; returns its Message-ID.

        :raises Undeliverable, TryLater: see `scheduler.channel`
        """
        if message.kind != MessageKind.DIGEST:
            raise Undeliverable(f"no letter for {message.kind}", address_is_dead=False)
        rendered = await self._render_digest(message.payload)
        try:
            letter = compose_digest(
                rendered, self._settings, key=message.key, address=message.target, date=datetime.now(UTC)
            )
        except UnicodeError as error:
            raise Undeliverable("bounced") from error  # its domain is none
        try:
            return await self._mailer.deliver(enclose(letter, self._settings.sender, message.target))
        except Unknown as error:  # at-least-once: a second copy has the same Message-ID
            raise TryLater(str(error)) from error
