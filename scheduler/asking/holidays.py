"""Holidays as the shop writes them: days of the customer's own calendar on which nobody is asked."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MonthDay = tuple[int, int]

DAY = timedelta(days=1)
LONGEST = 366  # days of one dated range: a longer one is a slip of the pen
EVERY_YEAR: list[MonthDay] = [  # of a leap year, so that 29 February is one of them
    (day.month, day.day) for day in (date(2000, 1, 1) + number * DAY for number in range(366))
]
EVERY_CALENDAR = range(2000, 2028)  # years that begin on each weekday, leap and not

_FORM = re.compile(r"(?:(\d{4})-)?(\d\d)-(\d\d)", re.ASCII)


@dataclass(frozen=True)
class Holidays:
    """What the entries say, day by day."""

    dates: frozenset[date] = frozenset()
    yearly: frozenset[MonthDay] = frozenset()

    def __contains__(self, day: date) -> bool:
        return day in self.dates or (day.month, day.day) in self.yearly

    def leave_open(self, weekdays: Collection[int]) -> bool:
        """Whether every year has a day to ask on, dated holidays apart; Monday is 0."""
        return not self.yearly or all(self._leave_open_in(year, weekdays) for year in EVERY_CALENDAR)

    def _leave_open_in(self, year: int, weekdays: Collection[int]) -> bool:
        days = (date(year, 1, 1) + number * DAY for number in range(365))
        return any(day.weekday() in weekdays and (day.month, day.day) not in self.yearly for day in days)


def parse_holidays(entries: Collection[str]) -> Holidays:
    """Of 2026-12-31, 2026-12-28..2027-01-10, every year's 01-01, and 12-30..01-08 over the turn of every year.

    :raises ValueError: an entry is none of these
    """
    dates, yearly = set[date](), set[MonthDay]()
    for entry in entries:
        first, dots, last = entry.partition("..")
        for day in _days(entry, _parse_day(entry, first), _parse_day(entry, last if dots else first)):
            if isinstance(day, date):
                dates.add(day)
            else:
                yearly.add(day)
    return Holidays(frozenset(dates), frozenset(yearly))


def _parse_day(entry: str, text: str) -> date | MonthDay:
    form = _FORM.fullmatch(text.strip())
    if not form:
        raise ValueError(f"{entry!r} is no holiday: write 2026-12-31, 01-01 for every year, or 01-01..01-08")
    year, month, day = form.groups()
    try:
        found = date(int(year or 2000), int(month), int(day))
    except ValueError as error:
        raise ValueError(f"{entry!r}: there is no day {text.strip()}") from error
    return found if year else (found.month, found.day)


def _days(entry: str, first: date | MonthDay, last: date | MonthDay) -> Iterator[date | MonthDay]:
    if isinstance(first, date) and isinstance(last, date):
        length = (last - first).days + 1
        if not 1 <= length <= LONGEST:
            raise ValueError(f"{entry!r} must end after it begins, and within a year")
        yield from (first + number * DAY for number in range(length))
    elif isinstance(first, tuple) and isinstance(last, tuple):
        start, end = EVERY_YEAR.index(first), EVERY_YEAR.index(last)
        yield from EVERY_YEAR[start : end + 1] if start <= end else EVERY_YEAR[start:] + EVERY_YEAR[: end + 1]
    else:
        raise ValueError(f"{entry!r}: give both ends their year, or neither")
