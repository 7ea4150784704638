"""What people type about an audience, on the command line and in the chat: amounts, days, samples."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from storage.money import decimals

MOST_MINOR = 10**15
DAY = re.compile(
    r"(?<!\d)(?:(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})|(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4}))(?!\d)"
)


def read_money(text: str, currency: str) -> int:
    """Minor units of `1 000,50`.

    :raises ValueError: it is no amount of that currency
    """
    try:
        exact = Decimal(re.sub(r"\s", "", text).replace(",", ".")).scaleb(decimals(currency))
        minor = int(exact)
    except (InvalidOperation, OverflowError) as error:
        raise ValueError(text) from error
    if minor != exact or abs(minor) > MOST_MINOR:
        raise ValueError(text)
    return minor


def read_sample(text: str) -> tuple[int | None, float | None]:
    """(size, share) of which one is said: `300` or `15%`.

    :raises ValueError: neither
    """
    if text.strip().endswith("%"):
        return None, float(text.strip()[:-1].replace(",", ".")) / 100
    return int(text), None


def read_days(text: str) -> list[date]:
    """Every day that a text names, as 2026-11-23 or 23.11.2026.

    :raises ValueError: one of them is in no calendar
    """
    return [
        date(int(one["year"] or one["y"]), int(one["month"] or one["m"]), int(one["day"] or one["d"]))
        for one in DAY.finditer(text)
    ]
