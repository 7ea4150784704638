"""Stretches of days as people name them: a month, a quarter, a year, a week, the last so many weeks, two dates."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from scheduler.figures.periods import NotAWeek, Week

MOST_WEEKS = 520
_WRITTEN = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(\d{2})))?")
_DAY = r"\d{4}-\d{2}-\d{2}"
_RANGE = re.compile(rf"({_DAY})(?:\s*(?:\.\.|…|–|—)\s*({_DAY}))?")
_YEARS = range(1970, 9999)


class NotASpan(ValueError):
    """What was given names no stretch of days."""


@dataclass(frozen=True)
class Span:
    """From the first local day to the last, both included."""

    first: date
    last: date

    @classmethod
    def parse(cls, text: str, today: date) -> "Span":
        """`13` (weeks up to today), `2026`, `2026-Q4`, `2026-11`, `2026-W47`, `2026-11-03`, `2026-10-01..2026-10-31`.

        :raises NotASpan: it is none of these
        """
        said = text.strip().upper()
        if said.isascii() and said.isdecimal() and len(said) < 4:
            return cls.weeks(int(said), today)
        try:
            return cls._parse_dates(said) or cls._parse_calendar(said) or cls._parse_week(said)
        except ValueError as error:
            raise NotASpan(text) from error

    @classmethod
    def weeks(cls, count: int, today: date) -> "Span":
        """The last so many weeks, today included.

        :raises NotASpan: fewer than one, or more than ten years
        """
        if not 0 < count <= MOST_WEEKS:
            raise NotASpan(str(count))
        return cls(today - timedelta(weeks=count) + timedelta(days=1), today)

    @classmethod
    def of_month(cls, year: int, month: int) -> "Span":
        """A month of the calendar."""
        return cls(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))

    @classmethod
    def of_quarter(cls, year: int, quarter: int) -> "Span":
        """A quarter of the calendar, 1 to 4."""
        return cls(date(year, 3 * quarter - 2, 1), cls.of_month(year, 3 * quarter).last)

    @classmethod
    def of_year(cls, year: int) -> "Span":
        """A year of the calendar."""
        return cls(date(year, 1, 1), date(year, 12, 31))

    @classmethod
    def of_week(cls, week: Week) -> "Span":
        """Monday to Sunday."""
        return cls(week.first, week.last)

    @classmethod
    def _parse_dates(cls, said: str) -> "Span | None":
        found = _RANGE.fullmatch(said)
        if found is None:
            return None
        first, last = date.fromisoformat(found[1]), date.fromisoformat(found[2] or found[1])
        if last < first or first.year not in _YEARS:
            raise NotASpan(said)
        return cls(first, last)

    @classmethod
    def _parse_calendar(cls, said: str) -> "Span | None":
        found = _WRITTEN.fullmatch(said)
        if found is None:
            return None
        year = int(found[1])
        if year not in _YEARS or (found[3] and int(found[3]) not in range(1, 13)):
            raise NotASpan(said)
        if found[2]:
            return cls.of_quarter(year, int(found[2]))
        return cls.of_month(year, int(found[3])) if found[3] else cls.of_year(year)

    @classmethod
    def _parse_week(cls, said: str) -> "Span":
        try:
            return cls.of_week(Week.parse(said))
        except NotAWeek as error:
            raise NotASpan(said) from error
