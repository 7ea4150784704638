"""Dates and times as people and spreadsheets write them, made aware."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from storage.sources.known import Known
from storage.sources.problems import RejectReason, RowRejected

ISO, DAY_FIRST, MONTH_FIRST, SERIAL = "iso", "dmy", "mdy", "excel"
FORMATS = (ISO, DAY_FIRST, MONTH_FIRST, SERIAL)  # of --date-format; beside them a pattern with % signs

_PARTED = re.compile(
    r"(?P<first>\d{1,2})(?P<sign>[./-])(?P<second>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})"
    r"(?:[ T,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second_of>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[AaPp][Mm])?)?",
    re.ASCII,
)
_ISO = re.compile(r"\d{4}([-/.])\d{2}\1\d{2}(?:[ T].+)?|\d{8}(?:T.+)?", re.ASCII)
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?", re.ASCII)  # as most files have it
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?", re.ASCII)
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 -- a spreadsheet has no time zone
_PLAUSIBLE_SERIALS = (25_569, 73_050)  # 1970 to 2099
_FIRST_YEAR = 1970


class DateReader:
    """Reads the dates of one file.

    A time without an offset is the company's local time; of an hour that the clocks repeat, the first is meant, and in
    an hour that they leave out, the clock is taken as not yet moved (PEP 495, fold=0).
    """

    def __init__(self, zone: tzinfo, date_format: str | None, usual: str | None = None) -> None:
        """:param date_format: one of FORMATS or a pattern as of strptime, by a person's word; None: recognised
        :param usual: which of FORMATS most dates of the file have: no other is read where nobody gave one; None: any
            is, but where day and month could change places; with points between them the day is first
        """
        self.zone = zone
        self.date_format = date_format
        self.usual = None if date_format else usual
        self._known = Known(self._read)
        self._reads_iso = (date_format or usual) in (None, ISO) or date_format in (DAY_FIRST, MONTH_FIRST)

    def read(self, cell: Any) -> datetime:
        """The moment in UTC.

        :raises RowRejected: it is no date, could be two, or is not written as the file's others
        """
        moment: datetime = self._known[cell]
        return moment

    def _read(self, cell: Any) -> datetime:
        try:
            is_iso = type(cell) is str and _ISO_TIME.fullmatch(cell) and self._reads_iso
            moment = datetime.fromisoformat(cell) if is_iso else self._parse(cell)
            if moment.year < _FIRST_YEAR:
                raise RowRejected(RejectReason.BAD_DATE)
            return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise RowRejected(RejectReason.BAD_DATE) from error

    def _parse(self, cell: Any) -> datetime:
        """:raises ValueError: it is no date"""
        if isinstance(cell, datetime):
            return cell
        if isinstance(cell, date):
            return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return _from_serial(float(cell))
        text = str(cell).strip()
        self._refuse_unusual(text)
        if self.date_format and "%" in self.date_format:
            return datetime.strptime(text, self.date_format)  # noqa: DTZ007
        if self._reads_iso and _ISO.fullmatch(text):
            return datetime.fromisoformat(text[:10].replace("/", "-").replace(".", "-") + text[10:])
        if _SERIAL.fullmatch(text) and self.date_format in (None, SERIAL):
            return _from_serial(float(text.replace(",", ".")))
        return self._parse_parted(text)

    def _refuse_unusual(self, text: str) -> None:
        written = date_evidence(text)
        if self.usual is None or written in (None, self.usual):
            return
        if written != "?":
            raise RowRejected(RejectReason.OTHER_DATE)
        if self.usual not in (DAY_FIRST, MONTH_FIRST):
            raise RowRejected(RejectReason.AMBIGUOUS_DATE)

    def _parse_parted(self, text: str) -> datetime:
        parted = _PARTED.fullmatch(text)
        if parted is None or self.date_format in (ISO, SERIAL):
            raise ValueError(text)
        order = self.date_format or self.usual or _order(parted)
        if order is None:
            raise RowRejected(RejectReason.AMBIGUOUS_DATE)
        first, second = int(parted["first"]), int(parted["second"])
        day, month = (first, second) if order == DAY_FIRST else (second, first)
        year = int(parted["year"]) + (2000 if len(parted["year"]) == 2 else 0)
        return datetime(year, month, day, _hour(parted), int(parted["minute"] or 0), int(parted["second_of"] or 0))  # noqa: DTZ001


def is_format(text: str) -> bool:
    """One of FORMATS, or a pattern by which a day comes back from its own writing."""
    if "%" not in text:
        return text in FORMATS
    day = datetime(2026, 11, 23, tzinfo=UTC)
    try:
        return datetime.strptime(day.strftime(text), text).date() == day.date()  # noqa: DTZ007
    except ValueError:
        return False


def date_evidence(text: str) -> str | None:
    """What a date tells of its file: which of FORMATS it has, "?" where day and month could change places, or None."""
    text = text.strip()
    if _ISO.fullmatch(text):
        return ISO
    if _SERIAL.fullmatch(text):
        return SERIAL
    parted = _PARTED.fullmatch(text)
    return (_order(parted) or "?") if parted else None


def _order(parted: re.Match[str]) -> str | None:
    """Which comes first; None: cannot be told. With points it is the day, by convention wherever they are written."""
    if parted["sign"] == "." or int(parted["first"]) > 12:
        return DAY_FIRST
    return MONTH_FIRST if int(parted["second"]) > 12 else None


def _hour(parted: re.Match[str]) -> int:
    hour = int(parted["hour"] or 0)
    if not parted["half"]:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(parted[0])
    return hour % 12 + (12 if parted["half"].lower() == "pm" else 0)


def _from_serial(days: float) -> datetime:
    """A spreadsheet's day number (system of 1900), to the second.

    :raises ValueError: not between 1970 and 2099
    """
    if not _PLAUSIBLE_SERIALS[0] <= days <= _PLAUSIBLE_SERIALS[1]:
        raise ValueError(days)
    return _SERIAL_ZERO + timedelta(seconds=round(days * 86_400))
