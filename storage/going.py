"""Whether a delivery may go: what is asked again of each with the mark, the moment before it is handed over."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, select

from storage.cases import has_open_case
from storage.models import Address, Campaign, Customer, Delivery, Invitation
from storage.pauses import is_everything_paused
from storage.rehearsals import takes_part
from storage.statuses import CampaignStatus, InvitationStatus


def may_go(only: Collection[str] = ()) -> ColumnElement[bool]:
    """Of a delivery: nobody paused everything, its campaign runs, its invitation is open, nobody there says no, and
    nothing that the customer complained of is open.

    :param only: while rehearsing, the addresses that may be asked
    """
    conditions = (
        Invitation.id == Delivery.invitation_id,
        Invitation.status == InvitationStatus.OPEN,
        Campaign.id == Invitation.campaign_id,
        Campaign.status == CampaignStatus.RUNNING,
        Customer.id == Invitation.customer_id,
        Customer.opted_out_at.is_(None),
        ~has_open_case(Invitation.customer_id),
        Address.id == Delivery.address_id,
        Address.opted_out_at.is_(None),
        Address.undeliverable_at.is_(None),
        takes_part(only),
        ~is_everything_paused(),
    )
    return select(Delivery.id).where(*conditions).correlate(Delivery).exists()
