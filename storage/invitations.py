"""Invitations: queued, each with its first delivery; what sale they spend."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    SQLColumnExpression,
    and_,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.functions import random_token
from storage.models import Delivery, Invitation
from storage.statuses import CloseReason, DeliveryKind, DeliveryStatus, InvitationStatus


async def queue_invitations(
    connection: AsyncConnection, asked: FromClause, *, campaign_id: int, now: datetime, link_until: datetime
) -> int:
    """Queues one invitation and one delivery of the question for every row of `asked`; returns how many.

    Its columns: position (the order of sending: ids follow it), customer_id, sale_id, occasion, send_before, channel,
    address_id, due_at. The caller has taken the cool-down of every customer and address before, see storage.cooldowns.
    """
    rows = asked.c
    invitations = select(
        random_token(), literal(campaign_id), rows.customer_id, rows.sale_id, rows.occasion,
        literal(InvitationStatus.OPEN.value), true(), literal(now, Invitation.queued_at.type), rows.send_before,
        literal(link_until, Invitation.link_until.type),
    ).order_by(rows.position)  # fmt: skip
    columns = (
        "token", "campaign_id", "customer_id", "sale_id", "occasion",
        "status", "asked", "queued_at", "send_before", "link_until",
    )  # fmt: skip
    before = await newest_id(connection)
    queued = await connection.execute(insert(Invitation).from_select(columns, invitations))
    deliveries = (
        select(
            Invitation.id, literal(campaign_id), literal(DeliveryKind.QUESTION.value), rows.channel, rows.address_id,
            literal(DeliveryStatus.QUEUED.value), literal(0), rows.due_at,
        )
        .join_from(asked, Invitation, Invitation.customer_id == rows.customer_id)
        .where(Invitation.campaign_id == campaign_id, Invitation.occasion == rows.occasion, Invitation.id > before)
        .order_by(rows.position)
    )  # fmt: skip
    into = ("invitation_id", "campaign_id", "kind", "channel", "address_id", "status", "attempts", "due_at")
    await connection.execute(insert(Delivery).from_select(into, deliveries))
    return queued.rowcount


def is_about(sale_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """That an invitation spends a sale, whatever became of it; not one that a cancelled campaign never handed over."""
    was_withdrawn = Invitation.closed_reason.is_not_distinct_from(CloseReason.CANCELLED)
    return and_(Invitation.sale_id == sale_id, or_(Invitation.asked, ~was_withdrawn))


async def count_queued(
    connection: AsyncConnection, campaign_ids: Sequence[int], *, since: datetime, before: datetime
) -> int:
    """How many invitations these campaigns queued in a period."""
    # Filtered by time alone, so that no planner walks through all that the campaign ever queued.
    counted = await connection.execute(
        select(func.count(case((Invitation.campaign_id.in_(campaign_ids), 1)))).where(
            Invitation.queued_at >= since, Invitation.queued_at < before
        )
    )
    return counted.scalar_one()


async def newest_id(connection: AsyncConnection) -> int:
    """The id of the invitation queued last; 0 where there is none."""
    newest = await connection.execute(select(func.max(Invitation.id)))
    return newest.scalar_one() or 0
