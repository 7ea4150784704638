"""Answers counted: per day and score, with a comment, suspect; and the newest comments of some scores."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Customer, Response, Sale
from storage.stores import answered_in
from storage.suspects import counts, is_doubtful


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A comment with its score and the person behind it."""

    score: int
    text: str
    customer: str | None  # the shop's id; None: nobody knows whose it is
    customer_name: str | None
    sale: str | None  # the shop's id
    answered_at: datetime


async def count_scores(
    connection: AsyncConnection, first: date, last: date, *, store: str | None = None
) -> dict[date, dict[int, int]]:
    """{local day: {score: answers}} of the days from first to last; days without answers are absent.

    Suspect answers that nobody accepted are left out, here as in every count of answers.

    :param store: of this store alone (its sales, its public link), here as in all of them
    """
    statement = (
        select(Response.day, Response.score, func.count())
        .where(*_within(first, last, store), counts())
        .group_by(Response.day, Response.score)
    )
    found: dict[date, dict[int, int]] = {}
    for day, score, number in await connection.execute(statement):
        found.setdefault(day, {})[score] = number
    return found


async def count_answers(connection: AsyncConnection, day: date) -> dict[str, int]:
    """{channel: answers} of a local day; channels without answers are absent."""
    statement = select(Response.channel, func.count()).where(Response.day == day, counts()).group_by(Response.channel)
    return {row.channel: row[1] for row in await connection.execute(statement)}


async def count_suspects(connection: AsyncConnection, first: date, last: date, *, store: str | None = None) -> int:
    """Answers of these local days that no figure counts."""
    statement = select(func.count()).select_from(Response).where(*_within(first, last, store), is_doubtful())
    return (await connection.execute(statement)).scalar_one()


async def count_nameless(connection: AsyncConnection, first: date, last: date, *, store: str | None = None) -> int:
    """Answers of these local days of which nobody knows whose they are."""
    nameless = (*_within(first, last, store), counts(), Response.customer_id.is_(None))
    return (await connection.execute(select(func.count()).select_from(Response).where(*nameless))).scalar_one()


async def count_comments(connection: AsyncConnection, first: date, last: date, *, store: str | None = None) -> int:
    """Answers of these local days that came with a comment."""
    statement = select(func.count()).select_from(Response).where(*_within(first, last, store), counts(), _has_comment())
    return (await connection.execute(statement)).scalar_one()


async def newest_remarks(
    connection: AsyncConnection, first: date, last: date, *, scores: range, limit: int, store: str | None = None
) -> list[Remark]:
    """The newest comments of these local days that came with one of the (adjoining) scores, newest first."""
    statement = (
        select(
            Response.score,
            Response.comment.label("text"),
            Customer.external_id.label("customer"),
            Customer.name.label("customer_name"),
            Sale.external_id.label("sale"),
            Response.answered_at,
        )
        .outerjoin(Customer, Response.customer_id == Customer.id)
        .outerjoin(Sale, Response.sale_id == Sale.id)
        .where(*_within(first, last, store), counts(), _has_comment(), Response.score.between(scores[0], scores[-1]))
        .order_by(Response.answered_at.desc(), Response.id.desc())
        .limit(limit)
    )
    return [Remark(**row._mapping) for row in await connection.execute(statement)]


def _within(first: date, last: date, store: str | None) -> list[ColumnElement[bool]]:
    days = Response.day.between(first, last)
    return [days] if store is None else [days, answered_in(store)]


def _has_comment() -> ColumnElement[bool]:
    return and_(Response.comment.is_not(None), Response.comment != "")
