"""Dates and times as shops write them: which moment is meant, or why none is."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from storage.sources.dates import DateReader, date_evidence
from storage.sources.problems import RejectReason, RowRejected

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)  # 12:00 in Moscow


def reason_of(cell: object, date_format: str | None = None) -> RejectReason:
    with pytest.raises(RowRejected) as caught:
        DateReader(MOSCOW, date_format).read(cell)
    return caught.value.reason


@pytest.mark.parametrize(
    ("cell", "date_format"),
    [
        ("2026-02-01 12:00:00", None),
        ("2026-02-01T12:00", None),
        ("2026-02-01T09:00:00Z", None),
        ("2026-02-01 14:00:00+05:00", None),
        ("2026/02/01 12:00:00", None),
        ("20260201T120000", None),
        ("01.02.2026 12:00:00", None),
        ("1.2.2026 12:00", None),
        ("01.02.26 12:00", None),
        ("01/02/2026 12:00", "dmy"),
        ("02/01/2026 12:00", "mdy"),
        ("2/1/2026 12:00 PM", "mdy"),
        ("01-02-2026 12:00", "dmy"),
        ("2026-02-01 12:00", "dmy"),
        ("02.01.2026 12:00", "mdy"),
        ("46054.5", None),
        ("46054,5", "excel"),
        (46054.5, None),
        (datetime(2026, 2, 1, 12, 0), None),  # noqa: DTZ001
        ("01|02|2026 12-00", "%d|%m|%Y %H-%M"),
        ("2026-02-01 12:00:00.000", None),
    ],
)
def test_every_way_to_write_noon_means_noon(cell: object, date_format: str | None) -> None:
    assert DateReader(MOSCOW, date_format).read(cell) == NOON


def test_a_day_without_a_time_begins_at_midnight() -> None:
    midnight = datetime(2026, 1, 31, 21, 0, tzinfo=UTC)
    for cell in ("2026-02-01", "01.02.2026", 46054, "46054", date(2026, 2, 1)):
        assert DateReader(MOSCOW, None).read(cell) == midnight


@pytest.mark.parametrize("cell", ["01/02/2026", "1-2-26", "12/12/2026 10:00"])
def test_day_or_month_first_is_not_guessed(cell: str) -> None:
    assert reason_of(cell) is RejectReason.AMBIGUOUS_DATE


def test_a_date_that_tells_by_itself_needs_no_help() -> None:
    assert DateReader(UTC, None).read("25/12/2025") == DateReader(UTC, None).read("12/25/2025")


@pytest.mark.parametrize(
    "cell",
    [
        "", "yesterday", "13:00", "2026-13-01", "2026-02-30", "31.02.2026", "99999", "12", "1291191960", "2026-W05-1",
        "0026-01-01", "01.02.2026 25:00", "1/2/2026 13:00 PM", "١/٢/٢٠٢٦", 12, 1e9, True,
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused(cell: object) -> None:
    assert reason_of(cell, "mdy" if isinstance(cell, str) and "PM" in cell else None) is RejectReason.BAD_DATE


def test_a_given_format_refuses_others() -> None:
    assert reason_of("25.12.2025", "iso") is RejectReason.BAD_DATE
    assert reason_of("25.12.2025", "mdy") is RejectReason.BAD_DATE
    assert reason_of("46054", "iso") is RejectReason.BAD_DATE


def test_an_hour_that_clocks_repeat_is_the_first_one() -> None:
    assert DateReader(BERLIN, None).read("2026-10-25 02:30:00") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_an_hour_that_clocks_leave_out_is_an_hour_later() -> None:
    moment = DateReader(BERLIN, None).read("2026-03-29 02:30:00")
    assert moment.astimezone(BERLIN).isoformat() == "2026-03-29T03:30:00+02:00"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-02-01", "iso"), ("01.02.2026", "dmy"), ("12.25.2026", "dmy"), ("13/02/2026", "dmy"),
        ("02/13/2026", "mdy"),
        ("02/01/2026", "?"), ("46054.5", "excel"), ("soon", None), ("", None),
    ],
)  # fmt: skip
def test_a_date_tells_of_its_file(text: str, told: str | None) -> None:
    assert date_evidence(text) == told
