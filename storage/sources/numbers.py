"""Numbers as people and spreadsheets write them, read exactly: units of 1e-8."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from storage.money import MOST
from storage.sources.problems import RejectReason, RowRejected

POINT, COMMA = ".", ","

_PLAIN = re.compile(r"[+-]?\d{1,10}(?:\.\d{1,8})?", re.ASCII)
_SPACES = " \u00a0\u202f\u2009'\u2019"
_SPACED = re.compile(rf"\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?!\d)", re.ASCII)
_POINT_GROUPS = re.compile(r"\d{1,3}(?:\.\d{3})+", re.ASCII)
_COMMA_GROUPS = re.compile(r"\d{1,3}(?:,\d{3})+", re.ASCII)
_SHAPE = re.compile(r"(?P<whole>[\d.,]*)(?P<exponent>[eE][+-]?\d{1,3})?", re.ASCII)
_CURRENCY_SIGNS = re.compile(r"[₽$€£¥₸₴]|руб\.?|р\.", re.IGNORECASE)


def parse_number(cell: Any, decimal: str | None) -> int:
    """Units of 1e-8 of a cell: text, or a spreadsheet's number.

    Spaces, no-break spaces and apostrophes may stand between thousands, and so may whichever of comma and point is not
    the decimal sign. Decimals past the eighth are rounded, half away from zero.

    :param decimal: "." or ","; None: not known, so a number must tell by itself
    :raises RowRejected: it is no number, or too large, or could be two numbers
    """
    if type(cell) is str and decimal != COMMA and _PLAIN.fullmatch(cell) and (decimal or not _ambiguous(cell)):
        whole, _, fraction = cell.partition(".")
        units = int((whole + fraction.ljust(8, "0")) if fraction else whole + "00000000")
    elif isinstance(cell, str):
        units = _to_units(_canonical(cell, decimal))
    elif isinstance(cell, bool) or not isinstance(cell, int | float):
        raise RowRejected(RejectReason.BAD_NUMBER)
    else:
        units = _to_units(repr(cell))
    if not -MOST <= units <= MOST:
        raise RowRejected(RejectReason.TOO_LARGE)
    return units


def decimal_evidence(text: str) -> str | None:
    """What a number tells of its file's decimal sign: "." or ",", "?" where it could be either, or None."""
    digits = _bare(text)
    points, commas = digits.count("."), digits.count(",")
    if (not points and not commas) or not _SHAPE.fullmatch(digits):
        return None
    if points and commas:
        sign, groups = (POINT, _COMMA_GROUPS) if digits.rindex(".") > digits.rindex(",") else (COMMA, _POINT_GROUPS)
        return sign if digits.count(sign) == 1 and groups.fullmatch(digits.partition(sign)[0]) else None
    sign, other = (POINT, COMMA) if points else (COMMA, POINT)
    groups = _POINT_GROUPS if points else _COMMA_GROUPS
    if max(points, commas) > 1:
        return other if groups.fullmatch(digits) else None
    # A leading zero is never a group of thousands, nor is one after spaces that already part them.
    if groups.fullmatch(digits) and not digits.startswith("0") and not _SPACED.match(_unsigned(text)):
        return "?"
    return sign


def _ambiguous(text: str) -> bool:
    return decimal_evidence(text) == "?"


def _unsigned(text: str) -> str:
    unsigned = _CURRENCY_SIGNS.sub("", text).replace("\u2212", "-").strip().removeprefix("(").removesuffix(")")
    return (unsigned[1:] if unsigned[:1] in {"+", "-"} else unsigned).strip()


def _bare(text: str) -> str:
    """The digits with points and commas; thousands joined where spaces or apostrophes part them as they should."""
    unsigned = _unsigned(text)
    spaced = _SPACED.match(unsigned)
    if spaced is None:
        return unsigned
    return re.sub(f"[{_SPACES}]", "", spaced[0]) + unsigned[spaced.end() :]


def _canonical(text: str, decimal: str | None) -> str:
    """The number as Python writes it."""
    digits = _bare(text)
    if decimal is None:
        decimal = decimal_evidence(text) or POINT
        if decimal == "?":
            raise RowRejected(RejectReason.AMBIGUOUS_NUMBER)
    shape = _SHAPE.fullmatch(digits)
    if shape is None:
        raise RowRejected(RejectReason.BAD_NUMBER)
    whole, _, fraction = shape["whole"].partition(decimal)
    groups = _COMMA_GROUPS if decimal == POINT else _POINT_GROUPS
    if groups.fullmatch(whole):
        whole = whole.replace(",", "").replace(".", "")
    if not (whole + fraction).isdecimal():
        raise RowRejected(RejectReason.BAD_NUMBER)
    written = text.replace("\u2212", "-").strip()
    negative = "-" in _CURRENCY_SIGNS.sub("", written).strip()[:1] or (written[:1] == "(" and written[-1:] == ")")
    return f"{'-' if negative else ''}{whole or '0'}.{fraction or '0'}{shape['exponent'] or ''}"


def _to_units(text: str) -> int:
    try:
        scaled = Decimal(text).scaleb(8)
        if scaled.adjusted() > 40:
            raise RowRejected(RejectReason.TOO_LARGE)
        return int(scaled.to_integral_value("ROUND_HALF_UP"))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise RowRejected(RejectReason.BAD_NUMBER) from error
