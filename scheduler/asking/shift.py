"""One run of a sender: what its steps share, and what it got done."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from scheduler.asking.policy import Policy
from scheduler.channel import Channel
from scheduler.company import Company
from storage.database import Database


@dataclass(frozen=True, kw_only=True)
class Shift:
    """What the steps of sending share."""

    database: Database
    channels: Mapping[str, Channel]  # by name, those that are on
    policy: Policy
    company: Company
    clock: Callable[[], datetime]  # what rules take for now; leases and rates go by the database's clock
    sender_id: int
    chance: Callable[[], float] = random.random  # 0..1: spreads what was put off

    @property
    def routes(self) -> list[Channel]:
        """The channels that are on, in the shop's order of preference."""
        return [self.channels[name] for name in self.policy.channels if name in self.channels]


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Deliveries by what became of them in a run."""

    sent: int = 0
    deferred: int = 0  # put off: the customer's window is closed, or the other side said later
    undeliverable: int = 0
    unknown: int = 0
    cancelled: int = 0  # too old, opted out, answered, complaining, on a dead address, or by what came up since
    rerouted: int = 0  # got a delivery on their next channel

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            sent=self.sent + other.sent,
            deferred=self.deferred + other.deferred,
            undeliverable=self.undeliverable + other.undeliverable,
            unknown=self.unknown + other.unknown,
            cancelled=self.cancelled + other.cancelled,
            rerouted=self.rerouted + other.rerouted,
        )


NOTHING = Tally()
