"""What people write after /nps, in either language."""

from datetime import date

import pytest

from bot.telegram.score_words import NotAField, NotASpan, read_request
from scheduler.figures.segments import Field
from scheduler.figures.spans import Span

TODAY = date(2026, 11, 18)  # a Wednesday


def span(first: str, last: str) -> Span:
    return Span(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(("said", "first", "last"), [
    ("", "2026-08-20", "2026-11-18"), ("1", "2026-11-12", "2026-11-18"), ("13 недель", "2026-08-20", "2026-11-18"),
    ("2 weeks", "2026-11-05", "2026-11-18"), ("2026", "2026-01-01", "2026-12-31"),
    ("2026-11", "2026-11-01", "2026-11-30"), ("2024-02", "2024-02-01", "2024-02-29"),
    ("2026-q4", "2026-10-01", "2026-12-31"), ("2026-W47", "2026-11-16", "2026-11-22"),
    ("2026-10-05", "2026-10-05", "2026-10-05"), ("2026-10-01..2026-10-31", "2026-10-01", "2026-10-31"),
    ("2026-10-01 — 2026-10-31", "2026-10-01", "2026-10-31"), ("today", "2026-11-18", "2026-11-18"),
    ("вчера", "2026-11-17", "2026-11-17"), ("неделя", "2026-11-16", "2026-11-22"),
    ("за прошлую неделю", "2026-11-09", "2026-11-15"), ("Last week", "2026-11-09", "2026-11-15"),
    ("этот месяц", "2026-11-01", "2026-11-30"), ("прошлый месяц", "2026-10-01", "2026-10-31"),
    ("last quarter", "2026-07-01", "2026-09-30"), ("квартал", "2026-10-01", "2026-12-31"),
    ("прошлый год", "2025-01-01", "2025-12-31"), ("год", "2026-01-01", "2026-12-31"),
    ("ноябрь", "2026-11-01", "2026-11-30"), ("за декабрь", "2025-12-01", "2025-12-31"),
    ("March 2025", "2025-03-01", "2025-03-31"), ("в мае", "2026-05-01", "2026-05-31"),
])  # fmt: skip
def test_a_time_is_understood(said: str, first: str, last: str) -> None:
    assert read_request(said, TODAY).span == span(first, last)


@pytest.mark.parametrize(("said", "field"), [
    ("by store", Field.STORE), ("2026-11 по магазинам", Field.STORE), ("прошлый месяц по менеджеру", Field.MANAGER),
    ("13 BY Products", Field.PRODUCT), ("по группам товаров", Field.PRODUCT_GROUP),
    ("by product group", Field.PRODUCT_GROUP), ("год по месяцам", Field.MONTH), ("ноябрь по каналам", Field.CHANNEL),
    ("2026 by quarter", Field.QUARTER), ("52 по неделям", Field.WEEK), ("by campaign", Field.CAMPAIGN),
])  # fmt: skip
def test_what_to_split_by_is_understood(said: str, field: Field) -> None:
    assert read_request(said, TODAY).field is field


@pytest.mark.parametrize(
    "said", ["много", "0", "521", "2026-13", "2026-W60", "2026-11-31", "2026-10-31..2026-10-01", "9" * 50, "٣"]
)
def test_a_time_that_makes_no_sense_is_refused(said: str) -> None:
    with pytest.raises(NotASpan):
        read_request(said, TODAY)


def test_what_a_score_cannot_be_split_by_is_refused() -> None:
    with pytest.raises(NotAField):
        read_request("13 by colour", TODAY)
