"""Whether a delivery may go: what is asked again of each with the mark, the moment before it is handed over."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, select

from storage.cases import has_open_case
from storage.models import Address, Campaign, Customer, Delivery, Invitation
from storage.obstacles import is_taken_back, lacks_consent
from storage.pauses import is_everything_paused
from storage.rehearsals import takes_part
from storage.remindable import still_fits
from storage.statuses import CampaignStatus, InvitationStatus


def may_go(
    now: datetime | BindParameter[datetime], only: Collection[str] = (), *, require_consent: bool = False
) -> ColumnElement[bool]:
    """Of a delivery: nobody paused everything, its campaign runs, its invitation is open, nobody there says no, nothing
    that the customer complained of is open, and what it asks about, or reminds of, stands.

    :param only: while rehearsing, the addresses that may be asked
    """
    of_it = (Delivery.kind, Delivery.invitation_id, Delivery.channel, Delivery)
    conditions = (
        Invitation.id == Delivery.invitation_id,
        Invitation.status == InvitationStatus.OPEN,
        Campaign.id == Invitation.campaign_id,
        Campaign.status == CampaignStatus.RUNNING,
        Customer.id == Invitation.customer_id,
        Customer.opted_out_at.is_(None),
        ~lacks_consent(require_consent),
        ~has_open_case(Invitation.customer_id),
        ~is_taken_back(Invitation.sale_id),
        Address.id == Delivery.address_id,
        Address.opted_out_at.is_(None),
        Address.undeliverable_at.is_(None),
        takes_part(only),
        ~is_everything_paused(),
    )
    fits = still_fits(*of_it, now=now, require_consent=require_consent)
    return select(Delivery.id).where(*conditions).correlate(Delivery).exists() & fits
