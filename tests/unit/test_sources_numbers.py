"""Numbers as shops write them: read exactly, or refused with the reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.money import multiply, to_minor
from storage.sources.numbers import decimal_evidence, parse_number
from storage.sources.problems import RejectReason, RowRejected


def reason_of(cell: object, decimal: str | None) -> RejectReason:
    with pytest.raises(RowRejected) as caught:
        parse_number(cell, decimal)
    return caught.value.reason


@pytest.mark.parametrize(
    ("cell", "decimal", "units"),
    [
        ("2.55", ".", 255_000_000),
        ("-2.55", ".", -255_000_000),
        ("+7", ".", 700_000_000),
        ("1 234,50", ",", 123_450_000_000),
        ("1\u00a0234\u00a0567,5", ",", 123_456_750_000_000),
        ("1\u202f234,5", ",", 123_450_000_000),
        ("1'234.5", ".", 123_450_000_000),
        ("1,234.50", ".", 123_450_000_000),
        ("1.234,50", ",", 123_450_000_000),
        ("1,234", ".", 123_400_000_000),
        ("1,234", ",", 123_400_000),
        ("\u22125", ".", -500_000_000),
        ("(12.5)", ".", -1_250_000_000),
        ("199,90 ₽", ",", 19_990_000_000),
        ("100 руб.", None, 10_000_000_000),
        ("1E3", ".", 100_000_000_000),
        (".5", ".", 50_000_000),
        ("0.123456789", ".", 12_345_679),
        (2.55, None, 255_000_000),
        (17850, None, 1_785_000_000_000),
        (0.1 + 0.2, ",", 30_000_000),
        ("12,50", None, 1_250_000_000),
        ("12.5", None, 1_250_000_000),
    ],
)
def test_a_number_is_read_exactly(cell: object, decimal: str | None, units: int) -> None:
    assert parse_number(cell, decimal) == units


@pytest.mark.parametrize(
    "cell", ["abc", "12 34", "1,2,3", "1.2.3", "--5", "5-5", "12%", "₽", "1 2345", True, "1e", "٣"]
)
def test_what_is_no_number_is_refused(cell: object) -> None:
    assert reason_of(cell, ".") is RejectReason.BAD_NUMBER


@pytest.mark.parametrize("cell", ["99999999999999", "1E30", "-1e200", 1e12])
def test_a_number_that_no_database_holds_is_refused(cell: object) -> None:
    assert reason_of(cell, ".") is RejectReason.TOO_LARGE


@pytest.mark.parametrize("cell", [float("nan"), float("inf")])
def test_a_spreadsheet_s_nothing_is_no_number(cell: float) -> None:
    assert reason_of(cell, ".") in {RejectReason.BAD_NUMBER, RejectReason.TOO_LARGE}


@pytest.mark.parametrize("cell", ["1,234", "1.234", "-12,345"])
def test_a_number_that_could_be_two_is_not_guessed(cell: str) -> None:
    assert reason_of(cell, None) is RejectReason.AMBIGUOUS_NUMBER


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("12,5", ","), ("12.50", "."), ("1.234,50", ","), ("1,234.50", "."), ("1,234", "?"), ("1.234", "?"),
        ("0,123", ","), ("1 234,567", ","), ("1,234,567", "."), ("1.234.567", ","), ("1234,567", ","), ("1234", None),
        ("abc", None), ("1.2.3", None), ("1,2.3,4", None), ("1E5", None),
    ],
)  # fmt: skip
def test_a_number_tells_of_its_decimal_sign(text: str, told: str | None) -> None:
    assert decimal_evidence(text) == told


@given(st.integers(-(10**16), 10**16))
def test_what_is_written_with_a_comma_is_read_back(units: int) -> None:
    sign, digits = ("-" if units < 0 else ""), f"{abs(units):09}"
    whole = f"{int(digits[:-8]):,}".replace(",", "\u00a0")
    assert parse_number(f"{sign}{whole},{digits[-8:]}", ",") == units


@pytest.mark.parametrize(
    ("units", "currency", "minor"),
    [
        (1_500_000, "RUB", 2), (-1_500_000, "RUB", -2), (1_499_999, "RUB", 1), (50_000_000, "JPY", 1),
        (149_999_999, "JPY", 1), (12_345_678, "KWD", 123),
    ],
)  # fmt: skip
def test_money_is_rounded_half_away_from_zero_to_its_currency_s_units(units: int, currency: str, minor: int) -> None:
    assert to_minor(units, currency) == minor


def test_quantity_times_price_is_exact() -> None:
    assert multiply(600_000_000, 255_000_000) == 1_530_000_000
    assert multiply(-33_333_333, 300_000_000) == -99_999_999
    assert multiply(1, 50_000_000) == 1
    assert multiply(-1, 50_000_000) == -1
