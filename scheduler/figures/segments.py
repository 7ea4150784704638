"""The score by store, manager, product, channel, month …: counts, how sure each is, and where they are too few."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from nps.interval import interval
from nps.score import Counts
from scheduler.figures.periods import Week
from scheduler.figures.spans import Span
from storage.database import Connection
from storage.segments import Part, count_by_parts

FEW = 10  # answers below which a score is hardly more than chance: its interval spans most of the scale


class Field(StrEnum):
    """What a score can be split by."""

    STORE = "store"
    MANAGER = "manager"
    PRODUCT = "product"
    PRODUCT_GROUP = "product_group"
    CHANNEL = "channel"
    CAMPAIGN = "campaign"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def is_time(self) -> bool:
        """Its segments follow one another."""
        return self in (Field.WEEK, Field.MONTH, Field.QUARTER, Field.YEAR)

    @property
    def counts_several(self) -> bool:
        """An answer counts in each of the products of its sale, so that the segments come to more than the whole."""
        return self in (Field.PRODUCT, Field.PRODUCT_GROUP)


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One row: the answers that share a value of each field."""

    values: tuple[str | None, ...]  # a store, 2026-11, 2026-Q4 …; None: without one
    counts: Counts

    @property
    def interval(self) -> tuple[float, float] | None:
        """(low, high) in NPS points; None below two answers."""
        return interval(self.counts)

    @property
    def is_thin(self) -> bool:
        """Too few answers to judge by."""
        return self.counts.n < FEW


@dataclass(frozen=True, kw_only=True)
class Segments:
    """A score split up."""

    span: Span
    fields: tuple[Field, ...]
    rows: tuple[Segment, ...]  # by time where it is split by that; else the best first, thin ones after the others
    total: Counts  # each answer once

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the whole: (low, high) in NPS points; None below two answers."""
        return interval(self.total)


async def split_score(
    connection: Connection, span: Span, fields: Sequence[Field], *, store: str | None = None
) -> Segments:
    """The score of these days by any number of fields; by none it is the total alone.

    :param store: of this store alone
    """
    parts = tuple(dict.fromkeys(_part(field) for field in fields))
    found: dict[tuple[str | None, ...], Counts] = {}
    for one in await count_by_parts(connection, span.first, span.last, parts, store=store):
        by_part = dict(zip(parts, one.values, strict=True))
        values = tuple(_value(field, by_part[_part(field)]) for field in fields)
        found[values] = found.get(values, Counts()) + Counts.of_scores({one.score: one.count})
    rows = [Segment(values=values, counts=counts) for values, counts in found.items()] if fields else []
    return Segments(
        span=span,
        fields=tuple(fields),
        rows=tuple(sorted(rows, key=_by_time if any(field.is_time for field in fields) else _by_score)),
        total=await _total(connection, span, store),
    )


async def _total(connection: Connection, span: Span, store: str | None) -> Counts:
    counted = await count_by_parts(connection, span.first, span.last, (), store=store)
    return sum((Counts.of_scores({one.score: one.count}) for one in counted), Counts())


def _part(field: Field) -> Part:
    return Part.DAY if field.is_time else Part(field.value)


def _value(field: Field, value: Any) -> str | None:
    if not field.is_time or value is None:
        return value if value is None else str(value)
    day: date = value
    return {
        Field.WEEK: str(Week.of(day)),
        Field.MONTH: f"{day:%Y-%m}",
        Field.QUARTER: f"{day.year}-Q{(day.month + 2) // 3}",
        Field.YEAR: f"{day.year}",
    }[field]


def _by_time(row: Segment) -> tuple[tuple[bool, str], ...]:
    return tuple((value is None, value or "") for value in row.values)


def _by_score(row: Segment) -> tuple[bool, bool, float, int, tuple[str, ...]]:
    nps = row.counts.nps or 0.0
    is_nameless = all(value is None for value in row.values)
    order = 0.0 if row.is_thin else -nps
    return is_nameless, row.is_thin, order, -row.counts.n, tuple(value or "" for value in row.values)
