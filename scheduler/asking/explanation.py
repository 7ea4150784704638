"""What there is to say about asking one customer: every rule's verdict, its facts, the past, the next time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scheduler.asking.rules import SkipReason
from storage.explaining import NO_SALE
from storage.personal import Held


class NoCandidate(StrEnum):
    """Why a customer is not even counted by a round."""

    NO_RECENT_SALE = NO_SALE  # no sale is old enough and yet not too old


Rule = NoCandidate | SkipReason

# As `pick` goes by them; a sample is what campaigns take.
RULES: tuple[Rule, ...] = (*NoCandidate, *(one for one in SkipReason if one is not SkipReason.NOT_SAMPLED))
NOT_THE_CUSTOMERS = (SkipReason.DAILY_LIMIT, SkipReason.PAUSED)  # who is eligible may still meet these


class SaleState(StrEnum):
    """Whether a sale may be asked about."""

    OPEN = "open"
    ASKED = "already_asked"
    RETURNED = "returned"


@dataclass(frozen=True, kw_only=True)
class SaleSeen:
    """A sale that is or comes into the window."""

    number: str  # the shop's
    sold_at: datetime
    state: SaleState
    since: datetime  # may be asked about from here …
    until: datetime  # … to here, both included


@dataclass(frozen=True, kw_only=True)
class Cooldown:
    """When whom was last asked."""

    of: str  # "customer", or the AddressKind
    asked_at: datetime
    ends_at: datetime
    shared_with: tuple[str, ...]  # the shop's numbers of some other customers who have the address


@dataclass(frozen=True, kw_only=True)
class Daily:
    """The daily round on the company's day."""

    limit: int
    room: int  # of the limit, not yet queued
    is_paused: bool
    position: int | None  # of the customer among the eligible, from 1; None: not eligible, or no matter


@dataclass(frozen=True, kw_only=True)
class NextTime:
    """The first moment from which the rules let the customer be asked."""

    at: datetime | None  # None: never by itself
    why: Rule | None = None  # why not at once; where `at` is None, what has to change
    needs_sale: bool = False  # only where the customer buys again; then not before `at`


@dataclass(frozen=True, kw_only=True)
class PastDelivery:
    """A hand-over, or what was to be one."""

    kind: str  # DeliveryKind
    channel: str
    status: str  # DeliveryStatus
    reason: str | None
    attempts: int
    due_at: datetime
    handed_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class PastInvitation:
    """A question that was queued for the customer."""

    campaign: str
    is_paused: bool  # that campaign, or everything
    sale: str | None  # the shop's number; None: about no sale
    status: str  # InvitationStatus
    closed_reason: str | None  # CloseReason
    queued_at: datetime
    score: int | None
    answered_at: datetime | None
    deliveries: tuple[PastDelivery, ...]


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Of one customer at one moment. All datetimes are aware."""

    customer: str  # the shop's number
    now: datetime
    verdicts: Mapping[Rule, bool]  # whether each stands in the way, in the order of RULES
    next: NextTime
    window: datetime  # when a question may be handed over at the earliest, from `next.at` (or now) on
    timezone: str  # of the customer's clock
    channel: str | None  # on which the question would go; None: not eligible
    consent: bool | None
    opted_out_at: datetime | None
    not_before: datetime | None
    addresses: tuple[Held, ...]
    cooldowns: tuple[Cooldown, ...]
    sales: tuple[SaleSeen, ...]
    latest_sale: tuple[str, datetime] | None
    comes_first: str | None  # number of the customer with a shared address who comes before
    daily: Daily
    invitations: tuple[PastInvitation, ...]  # the newest first
    reminder: datetime | None  # when one is due that is not queued yet
    recovery: datetime | None = None  # from when on they are asked again after a case; None: they are not

    @property
    def reasons(self) -> list[Rule]:
        """Those that hold; the first is the one that `pick` counts."""
        return [rule for rule, holds in self.verdicts.items() if holds]

    @property
    def eligible(self) -> bool:
        """As `pick` counts it: every rule but the day's number and a pause lets the customer be asked."""
        return not set(self.reasons) - set(NOT_THE_CUSTOMERS)

    @property
    def waiting(self) -> list[tuple[PastInvitation, PastDelivery]]:
        """What is in the queue for the customer now."""
        ahead = ("queued", "leased", "sending")
        return [(each, one) for each in self.invitations for one in each.deliveries if one.status in ahead]
