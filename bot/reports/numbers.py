"""Numbers and dates as a reader of a language writes them."""

from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

MINUS = "−"  # a hyphen before a number is easily overlooked, and breaks lines
_PERCENT = {"ru": "#,##0.#\xa0%", "en": "#,##0.#%"}


def whole(language: str, value: float) -> str:
    """42, −7: rounded for the eye, never −0."""
    return _typeset(format_decimal(round(value), "#,##0", locale=language))


def signed(language: str, value: float) -> str:
    """+5.8, −3: with one decimal, so that the difference of two rounded scores doesn't contradict it."""
    rounded = round(value, 1)
    shown = _typeset(format_decimal(rounded or 0, "#,##0.#", locale=language))
    return f"+{shown}" if rounded > 0 else shown


def decimal(language: str, value: float, places: int = 1) -> str:
    """5.8, in Russian 5,8; with as many decimals as are asked for."""
    return _typeset(format_decimal(value, f"#,##0.{'0' * places}", locale=language))


def percent(language: str, value: float) -> str:
    """Of a percentage 0..100: 36.3%, in Russian 36,3 %."""
    return format_percent(value / 100, _PERCENT.get(language, _PERCENT["en"]), locale=language)


def probability(language: str, value: float) -> str:
    """= 0.34, and < 0.001 where it is smaller."""
    if value < 0.001:
        return f"< {format_decimal(0.001, '0.000', locale=language)}"
    return f"= {format_decimal(value, '0.00' if value >= 0.095 else '0.000', locale=language)}"


def days(language: str, first: date, last: date) -> str:
    """16–22 November 2026; what both days share is said once."""
    begin = "d MMMM y" if first.year != last.year else "d MMMM" if first.month != last.month else "d"
    dash = "–" if begin == "d" else " – "
    return f"{format_date(first, begin, locale=language)}{dash}{format_date(last, 'd MMMM y', locale=language)}"


def day(language: str, moment: date) -> str:
    """16.11, 11/16: short, for the foot of a chart."""
    return format_date(moment, "dd.MM" if language == "ru" else "d MMM", locale=language)


def _typeset(number: str) -> str:
    return number.replace("-", MINUS)
