"""Customers whose case was resolved: who is to be asked again, and what those who answered again said."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, Text, and_, cast, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute, aliased

from storage.cases import sale_of_case
from storage.models import Address, Case, Customer, Invitation, Response
from storage.optouts import ADDRESSES
from storage.statuses import CaseStatus, InvitationStatus
from storage.stores import of_store
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


async def give_occasion_back(connection: AsyncConnection, case_id: int) -> None:
    """After a case it may be asked again, where the question was closed before it was handed over."""
    await give_occasions_back(connection, _asking_again(case_id))


async def give_occasions_back(connection: AsyncConnection, invitation_ids: Collection[int] | Select[int]) -> None:
    """What these were to ask about may be asked again, where they were closed before they were handed over."""
    unasked = (Invitation.status == InvitationStatus.CLOSED, ~Invitation.asked)
    another = Invitation.occasion.concat(literal(":")).concat(cast(Invitation.id, Text))
    await connection.execute(
        update(Invitation).where(Invitation.id.in_(invitation_ids), *unasked).values(occasion=another)
    )


def _asking_again(case_id: int) -> Select[int]:
    of_case = select(Case.customer_id).where(Case.id == case_id).scalar_subquery()
    theirs = (Invitation.customer_id == of_case, Invitation.occasion == occasion_of(literal(case_id)))
    return select(Invitation.id).where(*theirs)


def newest_case(customer_id: ColumnElement[int]) -> ScalarSelect[int]:
    """The id of a customer's newest case."""
    return select(func.max(Case.id)).where(Case.customer_id == customer_id).scalar_subquery()


def occasion_of(case_id: ColumnElement[int] | InstrumentedAttribute[int] | ScalarSelect[int]) -> ColumnElement[str]:
    """What an invitation is about that asks again after a case: once for each."""
    return literal("case:").concat(cast(case_id, Text))


async def count_outcomes(
    connection: AsyncConnection, since: datetime, until: datetime, *, as_of: datetime, store: str | None = None
) -> Sequence[tuple[int | None, int | None, int]]:
    """(score that opened the case, score given or changed after it was resolved, cases) of those resolved in between,
    at `since` too and at `until` no more.

    :param as_of: what was said later is not looked at
    :param store: of cases about sales of this store alone
    """
    is_again = or_(
        (Response.id != Case.response_id) & _is_after(Response.answered_at) & (Response.answered_at <= as_of),
        (Response.id == Case.response_id) & _is_after(Response.changed_at) & (Response.changed_at <= as_of),
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
    wanted = [Case.status == CaseStatus.RESOLVED, Case.resolved_at >= since, Case.resolved_at < until]
    if store is not None:
        wanted.append(of_store(sale_of_case(), store))
    resolved = select(Case.opened_score, again).where(*wanted).subquery()
    counted = select(resolved.c.opened_score, resolved.c.again, func.count()).group_by(
        resolved.c.opened_score, resolved.c.again
    )
    return [(row[0], row[1], row[2]) for row in await connection.execute(counted)]


def _is_after(moment: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    return moment > Case.resolved_at
