"""Answers counted by what they speak of: store, manager, product, product group; by channel, campaign and day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from storage.models import Campaign, Counter, Response, Sale, SaleLine
from storage.stores import answered_in, store_of_answer
from storage.suspects import counts


class Part(StrEnum):
    """What answers can be counted by."""

    STORE = "store"  # of the sale, or of the public link
    MANAGER = "manager"  # of the sale
    PRODUCT = "product"  # of a line of the sale: an answer counts for each product once
    PRODUCT_GROUP = "product_group"  # likewise
    CHANNEL = "channel"  # by which it came
    CAMPAIGN = "campaign"  # that asked; none: nobody asked
    DAY = "day"  # local day of the answer


@dataclass(frozen=True, kw_only=True)
class PartCount:
    """Answers with one score that share the values of some parts."""

    values: tuple[Any, ...]  # in the order of the parts; None: the sale has none, or there is no sale
    score: int
    count: int


COLUMNS: dict[Part, ColumnElement[Any] | InstrumentedAttribute[Any]] = {
    Part.STORE: store_of_answer(),
    Part.MANAGER: Sale.manager,
    Part.PRODUCT: SaleLine.product,
    Part.PRODUCT_GROUP: SaleLine.product_group,
    Part.CHANNEL: Response.channel,
    Part.CAMPAIGN: Campaign.name,
    Part.DAY: Response.day,
}
OF_SALE, OF_LINE = {Part.STORE, Part.MANAGER}, {Part.PRODUCT, Part.PRODUCT_GROUP}


async def count_by_parts(
    connection: AsyncConnection, first: date, last: date, parts: Sequence[Part], *, store: str | None = None
) -> list[PartCount]:
    """Of the local days from first to last, without what is suspect; in no order.

    By a range of the index on days, and from there by the keys of sale and lines.

    :param store: answers of this store alone
    """
    columns = [COLUMNS[part].label(f"part_{place}") for place, part in enumerate(parts)]
    each = select(Response.id, Response.score, *columns).where(*_counted(first, last))
    if OF_SALE & set(parts):
        each = each.outerjoin(Sale, Sale.id == Response.sale_id)
    if Part.STORE in parts:
        each = each.outerjoin(Counter, Counter.id == Response.counter_id)
    if store is not None:
        each = each.where(answered_in(store))
    if Part.CAMPAIGN in parts:
        each = each.outerjoin(Campaign, Campaign.id == Response.campaign_id)
    if OF_LINE & set(parts):
        each = each.outerjoin(SaleLine, SaleLine.sale_id == Response.sale_id).distinct()
    rows = each.subquery()
    names = [rows.c[column.key] for column in columns]
    statement = select(rows.c.score, func.count(), *names).group_by(rows.c.score, *names)
    found = await connection.execute(statement)
    return [PartCount(values=tuple(values), score=score, count=count) for score, count, *values in found]


def _counted(first: date, last: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Response.day.between(first, last), counts()
