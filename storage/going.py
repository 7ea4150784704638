"""Whether a delivery may go: what a lease looks at, and what is asked again the moment before it is handed over."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, and_, select

from storage.cases import has_open_case
from storage.models import Address, Campaign, Customer, Delivery, Invitation
from storage.obstacles import is_taken_back, lacks_consent
from storage.pauses import is_everything_paused
from storage.rehearsals import takes_part
from storage.remindable import still_fits
from storage.statuses import CampaignStatus, InvitationStatus


def may_go(
    now: datetime | BindParameter[datetime], only: Collection[str] = (), *, require_consent: bool
) -> ColumnElement[bool]:
    """Of a delivery alone: `goes`, and nobody paused everything, its campaign runs, and a reminder still fits.

    :param only: while rehearsing, the addresses that may be asked
    """
    of_it = (Delivery.kind, Delivery.invitation_id, Delivery.channel, Delivery)
    conditions = (
        Invitation.id == Delivery.invitation_id,
        Campaign.id == Invitation.campaign_id,
        Campaign.status == CampaignStatus.RUNNING,
        Customer.id == Invitation.customer_id,
        Address.id == Delivery.address_id,
        goes(now, require_consent),
        takes_part(only),
        ~is_everything_paused(),
    )
    fits = still_fits(*of_it, now=now, require_consent=require_consent)
    return select(Delivery.id).where(*conditions).correlate(Delivery).exists() & fits


def goes(now: datetime | BindParameter[datetime], require_consent: bool) -> ColumnElement[bool]:
    """Of a delivery joined with its invitation, customer and address: nothing speaks against sending it now; of a
    reminder `still_fits` says so, too.

    What does not go is what `storage.unsent` cancels.
    """
    return and_(
        Invitation.send_before > now,
        Invitation.status == InvitationStatus.OPEN,
        Customer.opted_out_at.is_(None),
        ~lacks_consent(require_consent),
        ~has_open_case(Customer.id),
        ~is_taken_back(Invitation.sale_id),
        Address.opted_out_at.is_(None),
        Address.undeliverable_at.is_(None),
    )
