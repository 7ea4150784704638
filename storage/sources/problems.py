"""What can be wrong with a file, its columns or one of its rows; worded in `bot`."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class FileProblem(StrEnum):
    """Why a file cannot be read at all."""

    MISSING = "missing"  # there is no such file
    FOLDER = "folder"  # it is a directory
    FORBIDDEN = "forbidden"  # the system refuses; detail: its words
    EMPTY = "empty"  # not even a line of column names
    TRUNCATED = "truncated"  # the compressed file ends early or is damaged
    BROKEN_SPREADSHEET = "broken_spreadsheet"  # looks like XLSX and is not, or is damaged
    OLD_SPREADSHEET = "old_spreadsheet"  # .xls of Excel 97
    OTHER_ARCHIVE = "other_archive"  # a zip that holds no XLSX
    BINARY = "binary"  # neither text nor a spreadsheet
    WRONG_ENCODING = "wrong_encoding"  # detail: the encoding and where it fails
    UNKNOWN_ENCODING = "unknown_encoding"  # detail: what --encoding said
    UNKNOWN_DATE_FORMAT = "unknown_date_format"  # detail: what --date-format said


class UnreadableFile(Exception):
    """The file cannot be read; nothing of it was kept."""

    def __init__(self, problem: FileProblem, path: Path, detail: str = "") -> None:
        super().__init__(problem, path, detail)
        self.problem = problem
        self.path = path
        self.detail = detail


class ColumnProblem(StrEnum):
    """Why the columns don't fit."""

    MISSING_FIELDS = "missing_fields"  # names: the required fields that no column has
    UNKNOWN_FIELD = "unknown_field"  # names: what --map called a field
    UNKNOWN_COLUMN = "unknown_column"  # names: what --map or --attribute called a column
    AMBIGUOUS_COLUMN = "ambiguous_column"  # names: a column name that stands there more than once


class WrongColumns(Exception):
    """The mapping doesn't fit the file's columns."""

    def __init__(
        self, problem: ColumnProblem, names: Sequence[str], known: Sequence[str], suggestion: str | None = None
    ) -> None:
        """:param known: the columns present; for an unknown field, the fields there are"""
        super().__init__(problem, names)
        self.problem = problem
        self.names = names
        self.known = known
        self.suggestion = suggestion


class Undecided(Exception):
    """The file can be read in two ways, and no row tells which."""

    def __init__(self, subject: str, example: str) -> None:
        """:param subject: delimiter, decimal or date_format: the option that decides"""
        super().__init__(subject, example)
        self.subject = subject
        self.example = example


class RejectReason(StrEnum):
    """Why a row was not kept."""

    NO_SALE_ID = "no_sale_id"
    NO_CUSTOMER_ID = "no_customer_id"
    NO_DATE = "no_date"
    BAD_DATE = "bad_date"
    AMBIGUOUS_DATE = "ambiguous_date"  # day or month first: no earlier row told
    OTHER_DATE = "other_date"  # written otherwise than most dates of the file
    FUTURE = "future"  # more than a day after now
    NO_AMOUNT = "no_amount"
    BAD_NUMBER = "bad_number"
    AMBIGUOUS_NUMBER = "ambiguous_number"  # 1,234: comma or point, no earlier row told
    TOO_LARGE = "too_large"  # no sum of money that a sale can have
    BAD_CURRENCY = "bad_currency"
    BAD_EMAIL = "bad_email"
    BAD_PHONE = "bad_phone"
    BAD_TELEGRAM_ID = "bad_telegram_id"
    TELEGRAM_ID_TAKEN = "telegram_id_taken"  # another customer has it
    BAD_LANGUAGE = "bad_language"
    BAD_TIMEZONE = "bad_timezone"
    BAD_CONSENT = "bad_consent"
    TOO_LONG = "too_long"
    BAD_CHARACTERS = "bad_characters"  # NUL, or bytes that are no text
    UNCLOSED_QUOTE = "unclosed_quote"
    TOO_MANY_CELLS = "too_many_cells"  # more than there are columns
    CUSTOMERS_DIFFER = "customers_differ"  # from an earlier row of the same sale
    CURRENCIES_DIFFER = "currencies_differ"


@dataclass(frozen=True)
class Reject:
    """A row that was not kept; `field` is the one at fault, where there is one."""

    line: int  # number in the file, from 1, the line of column names counted
    reason: RejectReason
    field: str | None
    cells: tuple[str, ...]  # as they stand in the file


class RowRejected(Exception):
    """Inside reading: this row cannot be kept."""

    def __init__(self, reason: RejectReason, field: str | None = None) -> None:
        super().__init__(reason, field)
        self.reason = reason
        self.field = field


class MostlyBad(Exception):
    """Nearly every row was rejected: the mapping is wrong, or the file. Nothing of it was kept."""

    def __init__(self, rejected: int, read: int, example: Reject, column: str | None, value: str) -> None:
        """:param example: of the commonest reason; column and value: what stood where it failed"""
        super().__init__(rejected, read, example)
        self.rejected = rejected
        self.read = read
        self.example = example
        self.column = column
        self.value = value
