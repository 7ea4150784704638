"""How a file is to be read, as a person said it, and as it was then recognised."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """What a person said; None: recognise it."""

    mapping: Mapping[str, str] = field(default_factory=dict)  # field → column's name or number from 1
    attributes: tuple[str, ...] = ()  # other columns to keep
    encoding: str | None = None
    delimiter: str | None = None  # one character
    decimal: str | None = None  # "." or ","
    date_format: str | None = None  # iso, dmy, mdy, excel, or a pattern as of strptime


@dataclass(frozen=True, kw_only=True)
class Shop:
    """What rows mean where they don't say it themselves."""

    zone: ZoneInfo
    currency: str
    country: str
    now: datetime  # later than a day after this is no sale


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """How a file is read."""

    kind: str  # csv or xlsx
    encoding: str | None  # None: a spreadsheet has none of its own
    is_code_page: bool  # the encoding is the usual one of the company's language, because it is no Unicode
    delimiter: str | None
    decimal: str | None  # None: no number needs it
    date_format: str | None  # what --date-format said
    dates: str | None  # the format that most dates have, others are rejects; None: there are no dates
    sha256: str  # of the file as it lies on the disk

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)
