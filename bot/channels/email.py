"""E-mail keeps the promise: it asks a customer with a letter."""

from collections.abc import Callable
from datetime import UTC, datetime

from bot.channels.mailer import Mailer
from bot.channels.settings import EmailSettings
from bot.letters.composing import compose
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
        self._mailer, self._settings, self._policy, self._company = mailer, settings, policy, company
        self._base, self._now = base, now
        self.rate_per_second = settings.rate_per_second
        self.concurrency = settings.connections

    async def ask(self, question: Question) -> str:
        """Sends the letter; returns its Message-ID.

        :raises Undeliverable, TryLater, Unknown: see `scheduler.channel`
        """
        try:
            letter = compose(
                question, self._company, self._settings, base=self._base, policy=self._policy, date=self._now()
            )
        except UnicodeError as error:
            raise Undeliverable("bounced") from error  # its domain is none
        return await self._mailer.deliver(letter, question.address)
