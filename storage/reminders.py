"""Reminders: queued along the moments at which questions were handed over, a stretch at a time; and called off."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Text, and_, column, func, literal, or_, select, text, update, values
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from storage.models import Address, Campaign, Customer, Delivery, Invitation
from storage.remindable import Rules, is_remindable
from storage.statuses import WAITING, DeliveryKind, DeliveryStatus
from storage.types import UtcDateTime
from storage.upserts import insert_into

# To the letter the condition of a small index, see storage.models.asking.
WAITS = text("delivery.kind = 'reminder' AND delivery.status IN ('queued', 'leased')")
COLUMNS = ("invitation_id", "campaign_id", "kind", "channel", "address_id", "status", "attempts", "due_at")


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Hand-overs after one moment, up to and including another."""

    after: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Opening:
    """When reminders may go to the customers of a time zone, and what that asks of their links."""

    due_at: datetime
    link_beyond: datetime  # a link that does not answer beyond this is over too soon


async def find_stretch(connection: AsyncConnection, within: Stretch, most: int) -> Stretch:
    """The beginning of a stretch: `most` hand-overs, more only where many share the last one's moment."""
    handed = select(Delivery.handed_at).where(_handed(within)).order_by(Delivery.handed_at)
    last = (await connection.execute(handed.offset(most - 1).limit(1))).scalar()
    return Stretch(after=within.after, until=last or within.until)


async def find_zones(connection: AsyncConnection, rules: Rules, stretch: Stretch) -> list[str]:
    """The time zones of those who may be reminded, as the shop wrote them; "" for none."""
    zones = _of_remindable(select(_zone()), rules, stretch).distinct()
    return list((await connection.execute(zones)).scalars())


async def queue_reminders(
    connection: AsyncConnection, rules: Rules, stretch: Stretch, openings: dict[str, Opening]
) -> int:
    """Queues what there is time for; returns how many. However many do it at once, an invitation gets one.

    :param openings: by time zone, as `find_zones` gives it; zones that are absent wait
    """
    opening = _as_rows(openings)
    row = select(
        Delivery.invitation_id, Delivery.campaign_id, literal(DeliveryKind.REMINDER.value), Delivery.channel,
        Delivery.address_id, literal(DeliveryStatus.QUEUED.value), literal(0), opening.c.due_at,
    )  # fmt: skip
    rows = (
        _of_remindable(row, rules, stretch)
        .join(opening, opening.c.zone == _zone())
        .where(Invitation.send_before > opening.c.due_at, Invitation.link_until > opening.c.link_beyond)
        .order_by(Delivery.handed_at, Delivery.id)
    )
    insert = insert_into(connection, Delivery).from_select(list(COLUMNS), rows)
    queued = await connection.execute(insert.on_conflict_do_nothing().returning(Delivery.id))
    return len(queued.scalars().all())


async def find_late(connection: AsyncConnection, *, asked_before: datetime, now: datetime, most: int) -> list[int]:
    """Reminders that wait although their question was handed over before that moment or its link is over."""
    question = aliased(Delivery)
    asked = select(question.id).where(
        question.invitation_id == Delivery.invitation_id,
        question.kind == DeliveryKind.QUESTION,
        question.handed_at >= asked_before,
    )
    late = (
        select(Delivery.id)
        .join(Invitation, Invitation.id == Delivery.invitation_id)
        .where(WAITS, or_(Invitation.link_until <= now, ~asked.correlate(Delivery).exists()))
        .limit(most)
    )
    return list((await connection.execute(late)).scalars())


async def cancel_late(connection: AsyncConnection, ids: Sequence[int], now: datetime) -> int:
    """queued, leased → cancelled; how many."""
    waiting = Delivery.status.in_(WAITING)
    cancelled = await connection.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids), waiting)
        .values(status=DeliveryStatus.CANCELLED, reason="expired", settled_at=now)
    )
    return cancelled.rowcount


async def find_threads(connection: AsyncConnection, reminder_ids: Collection[int]) -> dict[int, str]:
    """{reminder: the other side's reference of its question on the same channel}, where there is one."""
    question = aliased(Delivery)
    statement = (
        select(Delivery.id, question.reference)
        .join(question, and_(question.invitation_id == Delivery.invitation_id, question.channel == Delivery.channel))
        .where(Delivery.id.in_(reminder_ids), Delivery.kind == DeliveryKind.REMINDER)
        .where(question.kind == DeliveryKind.QUESTION, question.reference.is_not(None))
    )
    return {row.id: row.reference for row in await connection.execute(statement)}


def _of_remindable(rows: Select[Any], rules: Rules, stretch: Stretch) -> Select[Any]:
    return (
        rows.select_from(Delivery)
        .join(Invitation, Invitation.id == Delivery.invitation_id)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .join(Customer, Customer.id == Invitation.customer_id)
        .join(Address, Address.id == Delivery.address_id)
        .where(_handed(stretch), is_remindable(rules))
    )


def _handed(stretch: Stretch) -> ColumnElement[bool]:
    return and_(Delivery.handed_at > stretch.after, Delivery.handed_at <= stretch.until)


def _zone() -> ColumnElement[str]:
    return func.coalesce(Customer.timezone, "")


def _as_rows(openings: dict[str, Opening]) -> CTE:
    moments = (column(name, UtcDateTime) for name in ("due_at", "link_beyond"))
    rows = [(zone, one.due_at, one.link_beyond) for zone, one in openings.items()]
    return values(column("zone", Text), *moments, name="openings").data(rows).cte()
