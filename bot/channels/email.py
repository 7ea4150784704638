"""E-mail keeps the promise: it asks a customer with a letter."""

from collections.abc import Callable
from datetime import UTC, datetime

from bot.channels.envelope import seal, sender_path
from bot.channels.mailer import Mailer
from bot.channels.settings import EmailSettings
from bot.letters.composing import PLAIN
from bot.letters.flattening import Flattener
from bot.letters.return_address import ReturnAddresses
from bot.letters.settings import LetterSettings
from scheduler.asking.policy import Policy
from scheduler.channel import Question, Undeliverable
from scheduler.company import Company
from storage.statuses import AddressKind


def utc_now() -> datetime:
    """For the Date header."""
    return datetime.now(UTC)


class EmailChannel:
    """Asks customers by letter (`scheduler.channel.Channel`)."""

    name = "email"
    address_kind: str = AddressKind.EMAIL

    def __init__(
        self, mailer: Mailer, settings: EmailSettings, policy: Policy, company: Company, *, base: str,
        returns: ReturnAddresses | None = None, style: LetterSettings = PLAIN,
        now: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        """
        :param base: web.public_url without a slash at its end
        :param returns: where our mailbox takes bounces and replies
        """
        self._mailer, self._returns, self._now = mailer, returns, now
        self._flattener = Flattener(company, settings, policy, base=base, returns=returns, style=style)
        self._sender = sender_path(settings.sender)
        self.rate_per_second = settings.rate_per_second
        self.concurrency = settings.connections

    async def ask(self, question: Question) -> str:
        """Sends the letter; returns its Message-ID.

        :raises Undeliverable, TryLater, Unknown: see `scheduler.channel`
        """
        try:
            letter = self._flattener.compose(question, self._now())
        except ValueError as error:
            raise Undeliverable("bounced") from error  # its address is none
        return await self._mailer.deliver(seal(letter, self._sender_of(question), question))

    def _sender_of(self, question: Question) -> bytes:
        """Who is told of a bounce: our own sender, or the address of our mailbox that says whose letter it was."""
        if self._returns is None:
            return self._sender
        return f"<{self._returns.of_bounces(question.token, question.kind)}>".encode("ascii")
