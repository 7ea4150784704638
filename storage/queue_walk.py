"""The walk through the whole queue, whatever its campaigns: stretch by stretch, each a range of its index or two."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.going import goes
from storage.heads import MOMENT, QUEUED
from storage.models import Address, Customer, Delivery, Invitation
from storage.remindable import still_fits

ORDER = (Delivery.campaign_id, Delivery.channel, Delivery.due_at, Delivery.id)  # of the index, within a status


@dataclass(frozen=True, kw_only=True)
class Place:
    """A delivery's place in the order of the whole queue."""

    campaign_id: int
    channel: str
    due_at: datetime
    id: int


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
