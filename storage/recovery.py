"""Customers whose case was resolved: who is to be asked again, and what those who answered again said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, Text, and_, cast, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute, aliased

from storage.models import Address, Case, Customer, Invitation, Response
from storage.optouts import ADDRESSES
from storage.statuses import CaseStatus
from storage.suspects import counts


@dataclass(frozen=True)
class Due:
    """A customer to be asked again."""

    customer_id: int
    resolved_at: datetime
    case_id: int


async def find_due(
    connection: AsyncConnection, *, resolved: tuple[datetime, datetime], after: Due | None, limit: int
) -> list[Due]:
    """Customers whose newest case was resolved between these moments, who were asked nothing since then on any of
    their addresses and have said nothing since; those who have waited longest first.

    :param after: the last of those found before; None: from the first on
    """
    columns = (Case.customer_id, Case.resolved_at, Case.id)
    statement = _to_be_asked(resolved).with_only_columns(*columns).order_by(Case.resolved_at, Case.id).limit(limit)
    if after is not None:
        later = and_(Case.resolved_at == after.resolved_at, Case.id > after.case_id)
        statement = statement.where(or_(Case.resolved_at > after.resolved_at, later))
    found: Iterable[Any] = await connection.execute(statement)
    return [Due(*row) for row in found]


async def find_resolved(
    connection: AsyncConnection, customer_id: int, *, resolved: tuple[datetime, datetime]
) -> datetime | None:
    """When the case was resolved after which this customer is to be asked again; None: they are not."""
    statement = _to_be_asked(resolved).where(Case.customer_id == customer_id)
    return (await connection.execute(statement)).scalar_one_or_none()


def _to_be_asked(resolved: tuple[datetime, datetime]) -> Select[datetime | None]:
    newer, other = aliased(Case), aliased(Invitation)
    is_newest = ~select(newer.id).where(newer.customer_id == Case.customer_id, newer.id > Case.id).exists()
    said = select(Response.id).where(Response.customer_id == Case.customer_id, _is_after(Response.answered_at))
    changed = select(Response.id).where(Response.id == Case.response_id, _is_after(Response.changed_at))
    asked = select(other.id).where(other.customer_id == Case.customer_id, other.occasion == occasion_of(Case.id))
    warm = select(Address.id).where(or_(*(column == Address.id for column in ADDRESSES)), _is_after(Address.asked_at))
    return (
        select(Case.resolved_at)
        .join(Customer, Customer.id == Case.customer_id)
        .where(Case.status == CaseStatus.RESOLVED, Case.resolved_at.between(*resolved), is_newest)
        .where(~said.exists(), ~changed.exists(), ~asked.exists(), ~warm.correlate(Case, Customer).exists())
        .where(or_(Customer.asked_at.is_(None), Customer.asked_at <= Case.resolved_at))
    )


def newest_case(customer_id: ColumnElement[int]) -> ScalarSelect[int]:
    """The id of a customer's newest case."""
    return select(func.max(Case.id)).where(Case.customer_id == customer_id).scalar_subquery()


def occasion_of(case_id: ColumnElement[int] | InstrumentedAttribute[int] | ScalarSelect[int]) -> ColumnElement[str]:
    """What an invitation is about that asks again after a case: once for each."""
    return literal("case:").concat(cast(case_id, Text))


async def count_outcomes(connection: AsyncConnection, since: datetime) -> Sequence[tuple[int | None, int | None, int]]:
    """(score that opened the case, score given or changed after it was resolved, cases) of those resolved since."""
    is_again = or_(
        (Response.id != Case.response_id) & _is_after(Response.answered_at),
        (Response.id == Case.response_id) & _is_after(Response.changed_at),
    )
    again = (
        select(Response.score)
        .where(Response.customer_id == Case.customer_id, counts(), is_again)
        .order_by(func.coalesce(Response.changed_at, Response.answered_at).desc(), Response.id.desc())
        .limit(1)
        .correlate(Case)
        .scalar_subquery()
        .label("again")
    )
    resolved = select(Case.opened_score, again).where(
        Case.status == CaseStatus.RESOLVED, Case.resolved_at >= since
    ).subquery()  # fmt: skip
    counted = select(resolved.c.opened_score, resolved.c.again, func.count()).group_by(
        resolved.c.opened_score, resolved.c.again
    )
    return [(row[0], row[1], row[2]) for row in await connection.execute(counted)]


def _is_after(moment: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    return moment > Case.resolved_at
