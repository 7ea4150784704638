"""What people write after /nps, in Russian or English: a stretch of days, and what to split the score by."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from scheduler.figures.periods import Week
from scheduler.figures.segments import Field
from scheduler.figures.spans import NotASpan, Span

USUAL_WEEKS = 13
_BY = re.compile(r"(?:^|\s)(?:by|по)\s+(.*)$", re.IGNORECASE)
_WEEKS = re.compile(r"(\d{1,3})\s*(?:w|weeks?|н|нед\w*\.?)")
_MONTH = re.compile(r"([a-zа-я]+)(?:\s+(\d{4}))?")
_IN = re.compile(r"^(?:in|for|в|за)\s+")
_LAST = ("last ", "previous ", "прошл", "предыдущ")
_THIS = re.compile(r"^(?:this|the|эт\S*|текущ\S*)\s+")
_MONTHS = {  # how they begin, in either language
    1: ("jan", "январ"), 2: ("feb", "феврал"), 3: ("mar", "март"), 4: ("apr", "апрел"), 5: ("may", "май", "мая", "мае"),
    6: ("jun", "июн"), 7: ("jul", "июл"), 8: ("aug", "август"), 9: ("sep", "сентябр"), 10: ("oct", "октябр"),
    11: ("nov", "ноябр"), 12: ("dec", "декабр"),
}  # fmt: skip
_FIELDS = {  # the group before the product: «по группам товаров»
    Field.PRODUCT_GROUP: ("group", "product group", "product_group", "групп", "категор"),
    Field.STORE: ("store", "shop", "магазин", "точк"),
    Field.MANAGER: ("manager", "менеджер", "продав", "сотрудник"),
    Field.PRODUCT: ("product", "товар", "продукт"),
    Field.CHANNEL: ("channel", "канал"),
    Field.CAMPAIGN: ("campaign", "кампани"),
    Field.WEEK: ("week", "недел"),
    Field.MONTH: ("month", "месяц"),
    Field.QUARTER: ("quarter", "квартал"),
    Field.YEAR: ("year", "год"),
}


class NotAField(ValueError):
    """A score cannot be split by that."""


@dataclass(frozen=True)
class Asked:
    """What is wanted."""

    span: Span
    field: Field | None  # None: the score alone


def read_request(text: str, today: date) -> Asked:
    """`2026-11 by store`, `прошлый месяц по менеджерам`, `13`, `by product`, nothing at all.

    :raises NotASpan, NotAField: the one or the other is not understood
    """
    said = " ".join(text.lower().replace("ё", "е").split())
    by = _BY.search(said)
    field = read_field(by[1]) if by else None
    return Asked(read_span(said[: by.start()] if by else said, today), field)


def read_field(said: str) -> Field:
    """:raises NotAField: nothing of this name"""
    for field, beginnings in _FIELDS.items():
        if said.startswith(beginnings):
            return field
    raise NotAField(said)


def read_span(said: str, today: date) -> Span:
    """A stretch of days that has begun; nothing: the usual weeks.

    :raises NotASpan: it is not understood
    """
    said = _IN.sub("", said.strip())
    if not said:
        return Span.weeks(USUAL_WEEKS, today)
    if weeks := _WEEKS.fullmatch(said):
        return Span.weeks(int(weeks[1]), today)
    return _read_words(said, today) or _read_month(said, today) or Span.parse(said, today)


def _read_words(said: str, today: date) -> Span | None:
    if said in ("today", "сегодня"):
        return Span(today, today)
    if said in ("yesterday", "вчера"):
        return Span(today - timedelta(days=1), today - timedelta(days=1))
    is_last = said.startswith(_LAST)
    unit = said.partition(" ")[2] if is_last else _THIS.sub("", said)
    if unit.startswith(("week", "недел")):
        return Span.of_week(Week.of(today).before(int(is_last)))
    if unit.startswith(("month", "месяц")):
        day = today.replace(day=1) - timedelta(days=1) if is_last else today
        return Span.of_month(day.year, day.month)
    if unit.startswith(("quarter", "квартал")):
        quarter = Span.of_quarter(today.year, (today.month + 2) // 3)
        day = quarter.first - timedelta(days=1) if is_last else today
        return Span.of_quarter(day.year, (day.month + 2) // 3)
    return Span.of_year(today.year - int(is_last)) if unit in ("year", "год") else None


def _read_month(said: str, today: date) -> Span | None:
    """Without a year, the latest such month that has begun."""
    found = _MONTH.fullmatch(said)
    month = next((number for number, names in _MONTHS.items() if found and found[1].startswith(names)), None)
    if found is None or month is None:
        return None
    if found[2]:
        return Span.parse(f"{found[2]}-{month:02}", today)
    return Span.of_month(today.year - int(month > today.month), month)


__all__ = ["Asked", "NotAField", "NotASpan", "read_field", "read_request", "read_span"]
