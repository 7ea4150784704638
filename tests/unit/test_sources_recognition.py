"""Decimals, dates and columns: found out, or asked for."""

from pathlib import Path
from typing import Any

import pytest

from storage.sources.problems import ColumnProblem, RejectReason, Undecided, WrongColumns
from tests.unit.reading import HEADER, read, text_file


def sales(*rows: str, header: str = "sale_id;sold_at;customer_id;amount") -> str:
    return "\n".join([header, *rows]) + "\n"


def undecided(path: Path) -> tuple[str, str]:
    with pytest.raises(Undecided) as caught:
        read(path)
    return caught.value.subject, caught.value.example


def test_a_number_that_could_be_two_is_asked_for(tmp_path: Path) -> None:
    path = text_file(tmp_path, sales("A;2026-11-01;7;1,234"))
    assert undecided(path) == ("decimal", "1,234")
    assert read(path, decimal=",").sales[0].amount_e8 == 123_400_000
    assert read(path, decimal=".").sales[0].amount_e8 == 123_400_000_000


def test_one_plain_number_decides_for_the_file_however_late_it_comes(tmp_path: Path) -> None:
    rows = [f"A{number};2026-11-01;7;1,234" for number in range(5000)]
    assert undecided(text_file(tmp_path, sales(*rows))) == ("decimal", "1,234")
    got = read(text_file(tmp_path, sales(*rows, "B;2026-11-01;7;0,50")))
    assert (got.recognised.decimal, got.sales[0].amount_e8) == (",", 123_400_000)


def test_numbers_that_contradict_each_other_are_asked_for(tmp_path: Path) -> None:
    assert undecided(text_file(tmp_path, sales("A;2026-11-01;7;1,5", "B;2026-11-01;7;1.5"))) == ("decimal", "1.5, 1,5")


def test_a_single_slip_among_many_is_a_reject(tmp_path: Path) -> None:
    rows = [f"A{number};2026-11-01;7;1,50" for number in range(12)]
    got = read(text_file(tmp_path, sales(*rows, "B;2026-11-01;7;1.5")))
    assert (len(got.sales), got.reasons) == (12, [(14, RejectReason.BAD_NUMBER, "amount")])


def test_day_or_month_first_is_asked_for(tmp_path: Path) -> None:
    path = text_file(tmp_path, sales("A;02/01/2026;7;1"))
    assert undecided(path) == ("date_format", "02/01/2026")
    assert read(path, date_format="dmy").sales[0].head.sold_at.month == 1
    assert read(path, date_format="mdy").sales[0].head.sold_at.isoformat() == "2026-01-31T21:00:00+00:00"


def test_one_plain_date_decides_for_the_file_however_late_it_comes(tmp_path: Path) -> None:
    rows = [f"A{number};02/01/2026;7;1" for number in range(5000)]
    got = read(text_file(tmp_path, sales(*rows, "B;02/13/2026;7;1")))
    assert (got.recognised.dates, len(got.sales)) == ("mdy", 5001)


def test_a_date_that_could_be_two_after_thousands_of_plain_ones_is_a_reject(tmp_path: Path) -> None:
    rows = [f"A{number};2026-11-01;7;1.5" for number in range(3000)]
    got = read(text_file(tmp_path, sales(*rows, "B;02/01/2026;7;1.5")))
    assert got.reasons == [(3002, RejectReason.AMBIGUOUS_DATE, "sold_at")]


def test_a_date_that_is_not_written_as_the_files_others_is_a_reject(tmp_path: Path) -> None:
    rows = [f"A{number};2026-11-01;7;1.50" for number in range(3)]
    odd = ["B;25.10.2026;7;1.50", "C;01/02/2026;7;1.50"]
    got = read(text_file(tmp_path, sales(*rows, *odd)))
    assert (got.recognised.dates, len(got.sales)) == ("iso", 3)
    assert got.reasons == [(5, RejectReason.OTHER_DATE, "sold_at"), (6, RejectReason.AMBIGUOUS_DATE, "sold_at")]
    assert len(read(text_file(tmp_path, sales(*rows, *odd)), date_format="dmy").sales) == 5


def test_one_date_that_could_be_two_among_many_plain_ones_is_a_reject(tmp_path: Path) -> None:
    rows = [f"A{number};2026-11-01;7;1.50" for number in range(12)]
    got = read(text_file(tmp_path, sales(*rows, "B;01/02/2026;7;1.50")))
    assert got.reasons == [(14, RejectReason.AMBIGUOUS_DATE, "sold_at")]


def test_days_first_take_no_other_order_and_no_other_way_of_writing(tmp_path: Path) -> None:
    rows = [f"A{number};{20 + number}.10.2026;7;1.50" for number in range(10)]
    got = read(text_file(tmp_path, sales(*rows, "B;10/25/2026;7;1.50", "C;2026-10-25;7;1.50")))
    assert (got.recognised.dates, len(got.sales)) == ("dmy", 10)
    assert [reason for _, reason, _ in got.reasons] == [RejectReason.OTHER_DATE, RejectReason.OTHER_DATE]


def test_dates_with_points_have_the_day_first(tmp_path: Path) -> None:
    got = read(text_file(tmp_path, sales("A;02.01.2026 10:00:00;7;1")))
    assert (got.recognised.dates, got.sales[0].head.sold_at.month) == ("dmy", 1)


def test_spreadsheet_numbers_in_text_are_dates(tmp_path: Path) -> None:
    got = read(text_file(tmp_path, sales("A;46054.5;7;1")))
    assert (got.recognised.dates, got.sales[0].head.sold_at.isoformat()) == ("excel", "2026-02-01T09:00:00+00:00")


def wrong(path: Path, **options: Any) -> WrongColumns:
    with pytest.raises(WrongColumns) as caught:
        read(path, **options)
    return caught.value


def test_columns_are_found_whatever_their_case_and_blanks(tmp_path: Path) -> None:
    path = text_file(tmp_path, sales("A;2026-11-01;7;1.5", header=" Sale ID ;SOLD_AT;Customer Id;\u00a0amount"))
    assert read(path).sales[0].amount_e8 == 150_000_000


def test_a_column_is_mapped_by_name_or_number(tmp_path: Path) -> None:
    path = text_file(tmp_path, sales("A;2026-11-01;7;1.5", header="Номер;Дата;Код;Сумма"))
    mapping = {"sale_id": "номер", "sold_at": "2", "customer_id": " Код ", "amount": "4"}
    assert read(path, mapping=mapping).sales[0].head.customer_id == "7"


def test_all_missing_fields_are_named_at_once(tmp_path: Path) -> None:
    error = wrong(text_file(tmp_path, sales("x", header="Номер;Дата;quantity")))
    assert error.problem is ColumnProblem.MISSING_FIELDS
    assert error.names == ["sale_id", "sold_at", "customer_id", "unit_price"]
    assert error.known == ["Номер", "Дата", "quantity"]


def test_an_unknown_field_or_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    path = text_file(tmp_path, f"{HEADER}\n")
    error = wrong(path, mapping={"sold_on": "sold_at"})
    assert (error.problem, error.names, error.suggestion) == (ColumnProblem.UNKNOWN_FIELD, ["sold_on"], "sold_at")
    error = wrong(path, mapping={"amount": "amuont"})
    assert (error.problem, error.suggestion) == (ColumnProblem.UNKNOWN_COLUMN, "amount")
    assert wrong(path, attributes=("colour",)).names == ["colour"]
    assert wrong(path, mapping={"amount": "9"}).problem is ColumnProblem.UNKNOWN_COLUMN


def test_a_name_that_stands_there_twice_is_mapped_by_number(tmp_path: Path) -> None:
    path = text_file(tmp_path, sales("A;2026-11-01;7;1.5;9.5", header="sale_id;sold_at;customer_id;Сумма;Сумма"))
    assert wrong(path, mapping={"amount": "Сумма"}).problem is ColumnProblem.AMBIGUOUS_COLUMN
    assert read(path, mapping={"amount": "5"}).sales[0].amount_e8 == 950_000_000
