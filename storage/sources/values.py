"""One cell → one value: ids, texts, addresses and the like, checked and made uniform."""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any
from zoneinfo import available_timezones

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from storage.sources.problems import RejectReason, RowRejected
from storage.sources.tables import as_text

LONGEST_ID = 200  # characters; more would not fit into an index
LONGEST_TEXT = 1000
LONGEST_ATTRIBUTE = 10_000

_WHOLE_DECIMAL = re.compile(r"(-?(?:0|[1-9]\d*))\.0+", re.ASCII)
_DECIMALS = frozenset({".0", "00"})  # how a decimal that is whole may end
_TELEGRAM_ID = re.compile(r"[1-9]\d{0,15}", re.ASCII)
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_][a-z0-9]{2,8})*", re.ASCII | re.IGNORECASE)
_SPECIAL_USE = re.compile(r"(?<=[.@])(?:arpa|invalid|local|localhost|onion|test)$", re.IGNORECASE)
_YES = frozenset({"yes", "true", "1", "да"})
_NO = frozenset({"no", "false", "0", "нет"})

Validator = Callable[[str], Any]


def read_id(cell: Any) -> str | None:
    """The shop's id: 17850.0 and a spreadsheet's number 17850 are 17850, 0017 and A-1.0 stay as they are."""
    text = cell.strip() if type(cell) is str else as_text(cell).strip()
    if text[-2:] in _DECIMALS and (whole := _WHOLE_DECIMAL.fullmatch(text)):
        text = whole[1]
    if len(text) > LONGEST_ID:
        raise RowRejected(RejectReason.TOO_LONG)
    return text or None


def read_text(cell: Any, longest: int = LONGEST_TEXT) -> str | None:
    """Text without blanks at its ends; None where there is none."""
    text = as_text(cell).strip()
    if len(text) > longest:
        raise RowRejected(RejectReason.TOO_LONG)
    return text or None


@lru_cache(65_536)
def read_email(text: str) -> str:
    """The address in lower case (one mailbox is never two people here), its syntax checked without asking the network.

    Special-use domains (.test, .local …) are accepted: they are what rehearsals and internal mail servers have.
    """
    special = _SPECIAL_USE.search(text)
    checked = text[: special.start()] + "test" if special else text  # of these the library takes only .test
    try:
        valid = validate_email(checked, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise RowRejected(RejectReason.BAD_EMAIL) from error
    normalised = valid.normalized
    return (normalised.removesuffix("test") + special[0] if special else normalised).lower()


@lru_cache(65_536)
def read_phone(text: str, country: str) -> str:
    """E.164; a number without its country's code is one of `country`."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise RowRejected(RejectReason.BAD_PHONE) from error
    if not phonenumbers.is_possible_number(number) or number.extension:
        raise RowRejected(RejectReason.BAD_PHONE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_telegram_id(text: str) -> str:
    """The number of a private chat; a @name cannot be written to."""
    number = read_id(text) or ""
    if not _TELEGRAM_ID.fullmatch(number):
        raise RowRejected(RejectReason.BAD_TELEGRAM_ID)
    return number


def read_language(text: str) -> str:
    """Two letters, of ru, RU or ru-RU."""
    language = _LANGUAGE.fullmatch(text)
    if language is None:
        raise RowRejected(RejectReason.BAD_LANGUAGE)
    return language[1].lower()


def read_timezone(text: str) -> str:
    """An IANA name, whatever its case."""
    zone = _zones().get(text.casefold())
    if zone is None:
        raise RowRejected(RejectReason.BAD_TIMEZONE)
    return zone


def read_consent(text: str) -> bool:
    """yes, true, 1, да; no, false, 0, нет."""
    word = text.casefold()
    if word not in _YES | _NO:
        raise RowRejected(RejectReason.BAD_CONSENT)
    return word in _YES


def read_currency(text: str) -> str:
    """Three letters, as ISO 4217 has them."""
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise RowRejected(RejectReason.BAD_CURRENCY)
    return text.upper()


@cache
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}
