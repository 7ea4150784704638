"""E-mail keeps the promise: it asks a customer with a letter."""

from collections.abc import Callable
from datetime import UTC, datetime

from bot.channels.envelope import seal
from bot.channels.mailer import Mailer
from bot.channels.settings import EmailSettings
from bot.letters.flattening import Flattener
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
        now: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        """:param base: web.public_url without a slash at its end"""
        self._mailer, self._settings, self._now = mailer, settings, now
        self._flattener = Flattener(company, settings, policy, base=base)
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
        return await self._mailer.deliver(seal(letter, self._settings.sender, question.address))
