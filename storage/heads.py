"""The heads of the queue: per running campaign what has been due longest, with everything a lease has to know of it.

Each campaign's queue on a channel is a range of one index: no statement here looks beyond the rows it returns, but for
a rehearsal, which passes over everybody else's.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    func,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.cases import has_open_case
from storage.models import Address, Campaign, Customer, Delivery, Invitation
from storage.obstacles import is_taken_back, lacks_consent
from storage.pauses import is_everything_paused
from storage.rehearsals import takes_part
from storage.remindable import still_fits
from storage.statuses import CampaignStatus, DeliveryStatus, InvitationStatus

QUEUED = Delivery.status == DeliveryStatus.QUEUED
OF, ON = bindparam("of", type_=Delivery.campaign_id.type), bindparam("on", type_=Delivery.channel.type)
MOMENT = bindparam("moment", type_=Delivery.due_at.type)
ORDER = (Delivery.campaign_id, Delivery.channel, Delivery.due_at, Delivery.id)  # of the index, within a status


@dataclass(frozen=True, kw_only=True)
class Place:
    """A delivery's place in the order of the whole queue."""

    campaign_id: int
    channel: str
    due_at: datetime
    id: int


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


async def find_end(connection: AsyncConnection, after: Place | None, count: int) -> Place | None:
    """The last place of so many after another, in the order of the whole queue; None: there are fewer."""
    if after is None:
        return await _find_place(connection, count, QUEUED)
    behind = (QUEUED, *_is_beside(after), Delivery.id > after.id)
    found = await _find_place(connection, count, *behind)
    if found is not None:
        return found
    some = select(Delivery.id).where(*behind).limit(count).subquery()
    left = count - (await connection.execute(select(func.count()).select_from(some))).scalar_one()
    three = tuple_(*_values(after)[:-1], types=[column.type for column in ORDER[:-1]])
    return await _find_place(connection, left, QUEUED, tuple_(*ORDER[:-1]) > three)


async def _find_place(connection: AsyncConnection, count: int, *conditions: ColumnElement[bool]) -> Place | None:
    statement = select(*ORDER).where(*conditions).order_by(*ORDER).offset(count - 1).limit(1)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else Place(campaign_id=row[0], channel=row[1], due_at=row[2], id=row[3])


async def find_hopeless(
    connection: AsyncConnection,
    after: Place | None,
    until: Place | None,
    now: datetime,
    *,
    require_consent: bool = False,
) -> list[int]:
    """Ids of the deliveries of a stretch of the queue that are not to be sent any more, whatever their campaign."""
    found = list[int]()
    for part in _parts(after, until):
        parameters = {"moment": now, **_bounds("after", after), **_bounds("until", until)}
        found += (await connection.execute(_clearing(part, require_consent), parameters)).scalars()
    return found


@lru_cache(maxsize=16)
def _clearing(part: str, require_consent: bool) -> Select[Any]:
    """Made once: a long queue has a thousand stretches."""
    of_it = (Delivery.kind, Delivery.invitation_id, Delivery.channel, Delivery)
    well = and_(goes(MOMENT, require_consent), still_fits(*of_it, now=MOMENT, require_consent=require_consent))
    after, until = _place("after"), _place("until")
    beside = tuple(column == bound for column, bound in zip(ORDER[:-1], after, strict=False))
    bounds: dict[str, tuple[ColumnElement[bool], ...]] = {
        "all": (),
        "first": (tuple_(*ORDER) <= tuple_(*until),),
        "inside": (*beside, Delivery.id > after[-1], Delivery.id <= until[-1]),
        "tail": (*beside, Delivery.id > after[-1]),
        "rest": (tuple_(*ORDER[:-1]) > tuple_(*after[:-1]),),
        "between": (tuple_(*ORDER[:-1]) > tuple_(*after[:-1]), tuple_(*ORDER) <= tuple_(*until)),
    }
    return (
        select(Delivery.id)
        .join(Invitation, Invitation.id == Delivery.invitation_id)
        .join(Customer, Customer.id == Invitation.customer_id)
        .join(Address, Address.id == Delivery.address_id)
        .where(QUEUED, *bounds[part], ~well)
    )


def _parts(after: Place | None, until: Place | None) -> tuple[str, ...]:
    """Ranges of the index that a stretch is made of. SQLite compares no ids by it but within one due time: a campaign's
    million that is due at once would be gone through from its beginning for every stretch."""
    if after is None:
        return ("first",) if until else ("all",)
    if until is None:
        return ("tail", "rest")
    is_inside = (after.campaign_id, after.channel, after.due_at) == (until.campaign_id, until.channel, until.due_at)
    return ("inside",) if is_inside else ("tail", "between")


def _place(name: str) -> tuple[BindParameter[Any], ...]:
    """Four parameters, which `_bounds` gives."""
    return tuple(bindparam(f"{name}_{number}", type_=column.type) for number, column in enumerate(ORDER))


def _bounds(name: str, place: Place | None) -> dict[str, Any]:
    return {} if place is None else {f"{name}_{number}": value for number, value in enumerate(_values(place))}


def _values(place: Place) -> tuple[Any, ...]:
    return place.campaign_id, place.channel, place.due_at, place.id


def _is_beside(place: Place) -> tuple[ColumnElement[bool], ...]:
    """Due at the same time, of the same campaign on the same channel."""
    return tuple(column == value for column, value in zip(ORDER[:-1], _values(place), strict=False))


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
