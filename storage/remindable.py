"""Who may be reminded: reached by a question that nobody has answered, and nothing has come up since.

The same is looked at again until the reminder is handed over.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from storage.cases import has_open_case
from storage.models import Address, Campaign, Customer, Delivery, Invitation, Response
from storage.obstacles import is_taken_back, lacks_consent
from storage.optouts import ADDRESSES
from storage.rehearsals import takes_part
from storage.statuses import UNSETTLED, CampaignStatus, DeliveryKind, DeliveryStatus, InvitationStatus
from storage.suspects import counts

ASKED, THEIRS = aliased(Delivery), aliased(Address)  # made once: a lease asks for them each time


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Who may be reminded, as far as it does not depend on their time zone."""

    now: datetime
    channels: Collection[str]  # those that are on
    only: Collection[str]  # while rehearsing, the addresses that may be asked
    require_consent: bool


def is_remindable(rules: Rules) -> ColumnElement[bool]:
    """Of a delivery, joined with its invitation, campaign, customer and address."""
    return and_(
        Delivery.kind == DeliveryKind.QUESTION,
        Delivery.status == DeliveryStatus.SENT,
        Delivery.channel.in_(rules.channels),
        Invitation.status == InvitationStatus.OPEN,
        Campaign.status == CampaignStatus.RUNNING,
        Address.undeliverable_at.is_(None),
        takes_part(rules.only),
        ~_other_deliveries(),
        ~has_open_case(Customer.id),  # one that was opened again since
        _nothing_came_up(Delivery, rules.now, rules.require_consent),
    )


def still_fits(
    kind: Any,
    invitation_id: Any,
    channel: Any,
    of: Any,
    *,
    now: datetime | BindParameter[datetime],
    require_consent: bool,
) -> ColumnElement[bool]:
    """Of a delivery that waits: it is no reminder, or its question stands and nothing has come up since.

    :param of: what those columns are of
    """
    stands = (
        select(ASKED.id)
        .join(Invitation, Invitation.id == ASKED.invitation_id)
        .join(Customer, Customer.id == Invitation.customer_id)
        .join(Address, Address.id == ASKED.address_id)
        .where(ASKED.invitation_id == invitation_id, ASKED.kind == DeliveryKind.QUESTION)
        .where(ASKED.channel == channel, ASKED.status == DeliveryStatus.SENT)
        .where(_nothing_came_up(ASKED, now, require_consent))
    )
    return or_(kind == DeliveryKind.QUESTION, stands.correlate(of).exists())


def _nothing_came_up(
    question: type[Delivery], now: datetime | BindParameter[datetime], require_consent: bool
) -> ColumnElement[bool]:
    return and_(
        _is_willing(now, require_consent),
        _is_still_theirs(question),
        ~is_taken_back(Invitation.sale_id),
        ~_spoke_since(question),
        *(or_(one.is_(None), one <= Invitation.queued_at) for one in (Customer.asked_at, Address.asked_at)),
    )


def _is_willing(now: datetime | BindParameter[datetime], require_consent: bool) -> ColumnElement[bool]:
    """Nobody on any address of the customer's said stop, and the customer gave no reason to wait."""
    opted_out = select(THEIRS.id).where(THEIRS.id.in_(ADDRESSES), THEIRS.opted_out_at.is_not(None)).correlate(Customer)
    return and_(
        Customer.opted_out_at.is_(None),
        Address.opted_out_at.is_(None),
        ~opted_out.exists(),
        ~lacks_consent(require_consent),
        or_(Customer.not_before.is_(None), Customer.not_before <= now),
    )


def _is_still_theirs(question: type[Delivery]) -> ColumnElement[bool]:
    # An address that the shop corrected or took away since is not written to again.
    return or_(*(column == question.address_id for column in ADDRESSES))


def _other_deliveries() -> ColumnElement[bool]:
    """A reminder, whatever became of it; or a question still on its way, or handed over later, on another channel."""
    other = aliased(Delivery)
    later = or_(
        other.handed_at > Delivery.handed_at, and_(other.handed_at == Delivery.handed_at, other.id > Delivery.id)
    )
    hinders = or_(
        other.kind == DeliveryKind.REMINDER,
        other.status.in_(UNSETTLED),
        and_(other.status == DeliveryStatus.SENT, later),
    )
    of_it = select(other.id).where(other.invitation_id == Delivery.invitation_id, other.id != Delivery.id, hinders)
    return of_it.correlate(Delivery).exists()


def _spoke_since(question: type[Delivery]) -> ColumnElement[bool]:
    """The customer gave a score since, to whatever question; a suspect one may not be theirs."""
    theirs = Response.customer_id == Invitation.customer_id
    given = select(Response.id).where(theirs, Response.answered_at >= question.handed_at, counts())
    return given.correlate(Invitation, question).exists()
