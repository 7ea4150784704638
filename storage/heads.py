"""The heads of the queue: per running campaign what has been due longest, with everything a lease has to know of it.

Each campaign's queue on a channel is a range of one index: no statement here looks beyond the rows it returns, but for
a rehearsal, which passes over everybody else's.
"""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.going import goes
from storage.models import Address, Campaign, Customer, Delivery, Invitation
from storage.pauses import is_everything_paused
from storage.rehearsals import takes_part
from storage.remindable import still_fits
from storage.statuses import CampaignStatus, DeliveryStatus

QUEUED = Delivery.status == DeliveryStatus.QUEUED
OF, ON = bindparam("of", type_=Delivery.campaign_id.type), bindparam("on", type_=Delivery.channel.type)
MOMENT = bindparam("moment", type_=Delivery.due_at.type)


async def find_heads(connection: AsyncConnection, channel: str, due: datetime) -> list[Row[Any]]:
    """id, name, kind, question of the running campaigns with something due on a channel, the longest due first.

    None while everything is paused.
    """
    first = (
        select(func.min(Delivery.due_at))
        .where(QUEUED, Delivery.campaign_id == Campaign.id, Delivery.channel == channel)
        .correlate(Campaign)
        .scalar_subquery()
    )
    running = (
        select(Campaign.id, Campaign.name, Campaign.kind, Campaign.question, first.label("first"))
        .where(Campaign.status == CampaignStatus.RUNNING, ~is_everything_paused())
        .subquery()
    )
    heads = select(running).where(running.c.first <= due).order_by(running.c.first, running.c.id)
    return list((await connection.execute(heads)).all())


async def look_at(
    connection: AsyncConnection, campaign_id: int, channel: str, limit: int, *, due: datetime,
    only: Collection[str] = (), require_consent: bool = False,
) -> list[Row[Any]]:  # fmt: skip
    """The next deliveries of a campaign, the longest due first, locked until the transaction ends.

    id, kind, token, address, language, customer_name, timezone, and `goes`: nothing speaks against sending it now.
    What another sender holds locked is passed over.
    """
    looking = _looking(tuple(only), require_consent)
    found = await connection.execute(looking, {"of": campaign_id, "on": channel, "most": limit, "moment": due})
    return list(found.all())


@lru_cache(maxsize=8)
def _looking(only: tuple[str, ...], require_consent: bool) -> Select[Any]:
    """Made once: in every lease making it costs more than its work."""
    head = _head(OF, ON, bindparam("most", type_=Integer()), MOMENT, only)
    fits = still_fits(head.c.kind, head.c.invitation_id, ON, head, now=MOMENT, require_consent=require_consent)
    return (
        select(
            head.c.id, head.c.kind, Invitation.token, Address.value.label("address"), Customer.language,
            Customer.name.label("customer_name"), Customer.timezone,
            and_(goes(MOMENT, require_consent), fits).label("goes"),
        )
        .join_from(head, Invitation, Invitation.id == head.c.invitation_id)
        .join(Customer, Customer.id == Invitation.customer_id)
        .join(Address, Address.id == head.c.address_id)
        .order_by(head.c.due_at, head.c.id)
    )  # fmt: skip


def _head(
    campaign_id: BindParameter[int], channel: BindParameter[str], limit: BindParameter[int],
    due: BindParameter[datetime], only: Collection[str],
) -> CTE:  # fmt: skip
    head = (
        select(Delivery.id, Delivery.kind, Delivery.due_at, Delivery.invitation_id, Delivery.address_id)
        .where(QUEUED, Delivery.campaign_id == campaign_id, Delivery.channel == channel, Delivery.due_at <= due)
        .order_by(Delivery.due_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
    )
    if only:
        theirs = select(Address.id).where(Address.id == Delivery.address_id, takes_part(only))
        head = head.where(theirs.correlate(Delivery).exists())
    return head.cte("head")
