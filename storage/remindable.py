"""Who may be reminded: reached by a question that nobody has answered, and nothing has come up since."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, literal_column, or_, select
from sqlalchemy.orm import aliased

from storage.cases import has_open_case
from storage.models import Address, Campaign, Customer, Delivery, Invitation, Response, Sale
from storage.optouts import ADDRESSES
from storage.rehearsals import takes_part
from storage.statuses import UNSETTLED, CampaignStatus, DeliveryKind, DeliveryStatus, InvitationStatus
from storage.suspects import counts


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
        _is_willing(rules),
        _is_still_theirs(),
        Address.undeliverable_at.is_(None),
        takes_part(rules.only),
        ~_other_deliveries(),
        ~_taken_back(),
        ~_spoke_since(),
        ~has_open_case(Customer.id),  # one that was opened again since
        *(
            or_(asked_at.is_(None), asked_at <= Invitation.queued_at)
            for asked_at in (Customer.asked_at, Address.asked_at)
        ),
    )


def _is_willing(rules: Rules) -> ColumnElement[bool]:
    """Nobody on any address of the customer's said stop, and the customer gave no reason to wait."""
    theirs = aliased(Address)
    opted_out = select(theirs.id).where(theirs.id.in_(ADDRESSES), theirs.opted_out_at.is_not(None)).correlate(Customer)
    return and_(
        Customer.opted_out_at.is_(None),
        Address.opted_out_at.is_(None),
        ~opted_out.exists(),
        Customer.consent.is_(True) if rules.require_consent else Customer.consent.is_not(False),
        or_(Customer.not_before.is_(None), Customer.not_before <= rules.now),
    )


def _is_still_theirs() -> ColumnElement[bool]:
    # An address that the shop corrected or took away since is not written to again.
    return or_(*(column == Delivery.address_id for column in ADDRESSES))


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


def _taken_back() -> ColumnElement[bool]:
    sale, back = aliased(Sale), aliased(Sale)
    returned = (
        select(sale.id)
        .join(back, and_(back.returns_sale == sale.external_id, back.amount < literal_column("0")))
        .where(sale.id == Invitation.sale_id)
    )
    return returned.correlate(Invitation).exists()


def _spoke_since() -> ColumnElement[bool]:
    """The customer gave a score since, to whatever question; a suspect one may not be theirs."""
    theirs = Response.customer_id == Invitation.customer_id
    given = select(Response.id).where(theirs, Response.answered_at >= Delivery.handed_at, counts())
    return given.correlate(Invitation, Delivery).exists()
