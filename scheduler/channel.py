"""The promises that channels keep: asking one customer, telling staff or a customer something; and how they fail."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol


class Undeliverable(Exception):
    """Refused for good: this address will not be tried again for this question."""

    def __init__(self, reason: str, *, address_is_dead: bool = True, said: str = "") -> None:
        """:param reason: a short word for the figures: blocked, no_chat, bounced, refused …
        :param address_is_dead: nobody may be asked on this address any more (suppressed)
        :param said: the other side's own words, without secrets and personal data
        """
        super().__init__(reason)
        self.reason = reason
        self.said = said
        self.address_is_dead = address_is_dead


class TryLater(Exception):
    """Surely not accepted, and worth another try."""

    def __init__(
        self, reason: str, *, after: timedelta | None = None, whole_channel: bool = False, is_doubtful: bool = False,
        is_common: bool = False, needs_people: bool = False, said: str = "",
    ) -> None:  # fmt: skip
        """:param after: the wait the other side asked for; None: back off by attempts
        :param whole_channel: nothing else can be sent on this channel until then
        :param is_doubtful: it may be this address's or message's own fault: its tries are counted all the same, and few
        :param is_common: it may meet others too: where several do in a row, the channel takes it for its own
        :param needs_people: it will not pass by itself, so the staff are told
        :param said: as of `Undeliverable`
        """
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.whole_channel = whole_channel
        self.is_doubtful = is_doubtful
        self.is_common = is_common
        self.needs_people = needs_people
        self.said = said
        self.others: frozenset[int] = frozenset()  # deliveries that met it before: it was no fault of theirs either


class Unknown(Exception):
    """Cut off after hand-over: it may have arrived, so it is never sent again by itself."""

    def __init__(self, reason: str, *, rest: timedelta | None = None) -> None:
        """:param rest: how long nothing more is sent on the channel, because it would meet the others too"""
        super().__init__(reason)
        self.rest = rest


@dataclass(frozen=True, kw_only=True)
class Question:
    """One hand-over: everything that a channel needs to ask one customer."""

    delivery_id: int
    kind: str  # DeliveryKind
    token: str  # of the invitation; what comes back names it
    address: str  # chat id or e-mail address
    language: str  # two letters
    customer_name: str | None
    texts: dict[str, str] | None  # language → the campaign's own wording of the question; None: the survey's
    thread: str | None = None  # of a reminder: the reference of its question on this channel, where there is one
    campaign: str = ""  # its name
    about_sale: bool = True  # False: it asks about the shop as a whole
    tries: int = 1  # hand-overs so far that say something about it, this one included


class Channel(Protocol):
    """Asks customers."""

    name: str  # as in survey.channels
    address_kind: str  # AddressKind on which it reaches a customer
    rate_per_second: float
    concurrency: int  # hand-overs under way at once

    async def ask(self, question: Question) -> str:
        """Hands the question over; returns the other side's reference for it.

        :raises Undeliverable: refused for good
        :raises TryLater: surely not accepted, worth another try
        :raises Unknown: nobody knows whether it arrived
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Message:
    """Something to tell besides questions; `payload` is plain data that the notifier words."""

    kind: str  # MessageKind
    key: str  # its cause, for the other side's idempotence where it has one
    target: str  # chat id or e-mail address
    payload: dict[str, Any]


@dataclass(frozen=True)
class Pace:
    """How often a single target may be told something."""

    every: float  # seconds between messages in the long run
    burst: int  # messages that may follow at once after a rest
    of: str | None = None  # under what name the target is counted, where it has several; None: its own


class Notifier(Protocol):
    """Tells staff and customers what is no question: digests, follow-ups. At-least-once."""

    name: str  # the channel that messages are addressed to
    rate_per_second: float  # shared with the questions of that channel

    def pace_of(self, target: str) -> Pace | None:
        """The target's own limit; None: it has none."""
        ...

    async def tell(self, message: Message) -> str:
        """Tells it; returns the other side's reference.

        :raises Undeliverable: refused for good
        :raises TryLater: worth another try; also where it is unknown whether it arrived
        """
        ...
