"""Weeks as people count them: ISO 8601, Monday to Sunday, in the company's time zone."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_WRITTEN = re.compile(r"(\d{4})-W(\d{2})")
_YEARS = range(1970, 9999)  # beyond, a calendar of neighbouring weeks ends


class NotAWeek(ValueError):
    """What was given names no week; the text says how one is written."""


@dataclass(frozen=True, order=True)
class Week:
    """One ISO week; the year is that of its Thursday."""

    year: int
    number: int  # 1..53

    @classmethod
    def parse(cls, text: str) -> "Week":
        """:raises NotAWeek: it is not written like 2026-W47, or there is no such week"""
        written = _WRITTEN.fullmatch(text.strip().upper())
        try:
            if written is None or int(written[1]) not in _YEARS:
                raise ValueError
            return cls.of(date.fromisocalendar(int(written[1]), int(written[2]), 1))
        except ValueError as error:
            raise NotAWeek(f"{text[:40]!r} is no week: write 2026-W47") from error

    @classmethod
    def of(cls, day: date) -> "Week":
        """The week in which a day lies."""
        return cls(*day.isocalendar()[:2])

    @classmethod
    def last_ended(cls, now: datetime, zone: ZoneInfo) -> "Week":
        """The last week that is over at an aware moment."""
        return cls.of(now.astimezone(zone).date()).before(1)

    @property
    def first(self) -> date:
        """Its Monday."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + timedelta(days=6)

    def before(self, weeks: int) -> "Week":
        """The week so many weeks earlier."""
        return Week.of(self.first - timedelta(weeks=weeks))

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """(start, end) in UTC, the end excluded."""
        midnights = (datetime.combine(day, time.min, zone) for day in (self.first, self.last + timedelta(days=1)))
        start, end = (midnight.astimezone(UTC) for midnight in midnights)
        return start, end

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.number:02}"
