"""Rows of sales: lines added up, bad ones rejected with their line number and reason, good ones kept."""

from pathlib import Path
from typing import Any

import pytest

from storage.sources.problems import RejectReason
from tests.unit.reading import HEADER, Got, read, text_file

WIDE = f"{HEADER},currency,quantity,unit_price,discount,cost,product,email,phone,telegram_id,timezone,consent,store"


def rows(folder: Path, *lines: str, header: str = HEADER, **options: Any) -> Got:
    return read(text_file(folder, "\n".join([header, *lines]) + "\n"), **options)


def wide(**cells: str) -> str:
    """A good row but for what is given."""
    good = {"sale_id": "A", "sold_at": "2026-11-01", "customer_id": "7", "amount": "1.5"} | cells
    return ",".join(good.get(name, "") for name in WIDE.split(","))


def test_rows_of_a_sale_are_added_exactly(tmp_path: Path) -> None:
    got = rows(tmp_path, *["A,2026-11-01,7,0.1"] * 3, "B,2026-11-01,8,0.333")
    assert [(sale.row, sale.amount_e8) for sale in got.sales] == [(2, 30_000_000), (5, 33_300_000)]
    assert [line[:2] for line in got.lines] == [(2, 2), (2, 3), (2, 4), (5, 5)]


def test_a_return_names_its_sale_as_the_sale_names_itself(tmp_path: Path) -> None:
    lines = (
        "17850.0,2026-11-01,7,5,",
        "R1,2026-11-02,7,-1,17850.0",
        "R2,2026-11-02,7,-1, 17850 ",
        "R3,2026-11-02,7,-1,R4.0",
    )
    got = rows(tmp_path, *lines, header=f"{HEADER},returns_sale")
    assert [(sale.head.sale_id, sale.head.returns_sale) for sale in got.sales] == [
        ("17850", None), ("R1", "17850"), ("R2", "17850"), ("R3", "R4.0"),
    ]  # fmt: skip


def test_quantity_times_price_is_the_amount_where_there_is_none(tmp_path: Path) -> None:
    got = rows(
        tmp_path, wide(amount="", quantity="6", unit_price="2.55"), wide(sale_id="B", quantity="6", unit_price="1"),
        wide(sale_id="C", amount=""), header=WIDE,
    )  # fmt: skip
    assert [sale.amount_e8 for sale in got.sales] == [1_530_000_000, 150_000_000]
    assert got.reasons == [(4, RejectReason.NO_AMOUNT, None)]


def test_the_earliest_time_of_a_sale_counts(tmp_path: Path) -> None:
    got = rows(tmp_path, "A,2026-11-02 10:00,7,1", "A,2026-11-01 10:00,7,1", "A,2026-11-03 10:00,7,1")
    assert [sale.head.sold_at.day for sale in got.sales] == [1]


def test_a_row_without_a_customer_joins_the_sale_that_has_one(tmp_path: Path) -> None:
    got = rows(tmp_path, "A,2026-11-01,,1", "A,2026-11-01,7,1", "A,2026-11-01,,1")
    assert [(sale.head.customer_id, sale.amount_e8) for sale in got.sales] == [("7", 300_000_000)]


def test_rows_of_one_sale_that_contradict_each_other_are_rejected(tmp_path: Path) -> None:
    got = rows(tmp_path, wide(), wide(customer_id="8"), wide(currency="USD"), wide(currency="EUR"), wide(), header=WIDE)
    assert got.reasons == [
        (3, RejectReason.CUSTOMERS_DIFFER, "customer_id"),
        (5, RejectReason.CURRENCIES_DIFFER, "currency"),
    ]
    assert [(len(got.lines), sale.amount_e8, sale.head.currency) for sale in got.sales] == [(3, 450_000_000, "USD")]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"sale_id": ""}, RejectReason.NO_SALE_ID),
        ({"sale_id": "x" * 300}, RejectReason.TOO_LONG),
        ({"sold_at": ""}, RejectReason.NO_DATE),
        ({"sold_at": "  "}, RejectReason.NO_DATE),
        ({"sold_at": "2026-02-30"}, RejectReason.BAD_DATE),
        ({"sold_at": "2026-11-22"}, RejectReason.FUTURE),
        ({"amount": "abc"}, RejectReason.BAD_NUMBER),
        ({"amount": "99999999999"}, RejectReason.TOO_LARGE),
        ({"discount": "x"}, RejectReason.BAD_NUMBER),
        ({"cost": "1e40"}, RejectReason.TOO_LARGE),
        ({"quantity": "many"}, RejectReason.BAD_NUMBER),
        ({"currency": "roubles"}, RejectReason.BAD_CURRENCY),
        ({"email": "nobody"}, RejectReason.BAD_EMAIL),
        ({"phone": "123"}, RejectReason.BAD_PHONE),
        ({"telegram_id": "@me"}, RejectReason.BAD_TELEGRAM_ID),
        ({"timezone": "Mars/Base"}, RejectReason.BAD_TIMEZONE),
        ({"consent": "perhaps"}, RejectReason.BAD_CONSENT),
        ({"product": "x" * 1_000_000}, RejectReason.TOO_LONG),
        ({"store": "x" * 1_000_000}, RejectReason.TOO_LONG),
    ],
)
def test_a_bad_row_is_rejected_and_its_sale_s_good_ones_are_kept(
    tmp_path: Path, cells: dict[str, str], reason: RejectReason
) -> None:
    got = rows(tmp_path, wide(), wide(**cells), wide(), header=WIDE)
    (field,) = cells
    assert got.reasons == [(3, reason, field)]
    assert cells[field] in got.rejects[0].cells
    assert [sale.amount_e8 for sale in got.sales] == [300_000_000]


def test_a_sale_of_tomorrow_is_not_yet_too_far(tmp_path: Path) -> None:
    assert rows(tmp_path, "A,2026-11-21 14:59,7,1").rejects == []
    assert rows(tmp_path, "A,2026-11-21 15:01,7,1").reasons == [(2, RejectReason.FUTURE, "sold_at")]


def test_an_unclosed_quote_costs_one_line(tmp_path: Path) -> None:
    lines = ['"A,2026-11-01,7,1', "B,2026-11-01,7,1", "C,2026-11-01,7,1", 'D,2026-11-01,"7,1']
    got = rows(tmp_path, *lines)
    assert got.reasons == [(2, RejectReason.UNCLOSED_QUOTE, None), (5, RejectReason.NO_AMOUNT, None)]
    assert [(sale.row, sale.head.sale_id) for sale in got.sales] == [(3, "B"), (4, "C")]


def test_an_unclosed_quote_at_the_top_of_a_large_file_costs_one_line(tmp_path: Path) -> None:
    got = rows(tmp_path, '"A,2026-11-01,7,1', *[f"B{number},2026-11-01,7,1" for number in range(30_000)])
    assert [reject.line for reject in got.rejects] == [2]
    assert len(got.sales) == 30_000


def test_a_quote_in_the_last_column_that_stays_open_to_the_end_costs_one_line(tmp_path: Path) -> None:
    lines = ['A,2026-11-01,7,1,"24 inch', "B,2026-11-01,7,1,two", "C,2026-11-01,7,1,three"]
    got = rows(tmp_path, *lines, header=f"{HEADER},product")
    assert got.reasons == [(2, RejectReason.UNCLOSED_QUOTE, None)]
    assert [(sale.row, sale.head.sale_id) for sale in got.sales] == [(3, "B"), (4, "C")]


def test_a_quoted_cell_may_go_over_lines(tmp_path: Path) -> None:
    got = rows(tmp_path, 'A,2026-11-01,7,1,"two\nlines"', "B,2026-11-01,7,1,one", header=f"{HEADER},product")
    assert [(sale.row, sale.head.sale_id) for sale in got.sales] == [(2, "A"), (4, "B")]
    assert got.lines[0][2] == "two\nlines"


def test_rows_too_long_too_short_and_empty(tmp_path: Path) -> None:
    got = rows(tmp_path, "A,2026-11-01,7,12,50", "", ",,,", "B,2026-11-01", "C,2026-11-01,7,1,,", "D,2026-11-01,7,1")
    assert got.reasons == [(2, RejectReason.TOO_MANY_CELLS, None), (5, RejectReason.NO_AMOUNT, None)]
    assert [(sale.row, sale.head.sale_id) for sale in got.sales] == [(6, "C"), (7, "D")]


def test_a_nul_is_no_text(tmp_path: Path) -> None:
    got = rows(tmp_path, "A,2026-11-01,7,1", "B\0,2026-11-01,7,1", "C,2026-11-01,7,1")
    assert got.reasons == [(3, RejectReason.BAD_CHARACTERS, None)]
    assert len(got.sales) == 2


def test_a_cell_of_a_million_characters_that_nobody_asked_for_does_no_harm(tmp_path: Path) -> None:
    got = rows(tmp_path, f"A,2026-11-01,7,1,{'x' * 1_000_000}", header=f"{HEADER},note")
    assert (len(got.sales), got.rejects) == (1, [])


def test_a_column_kept_as_attribute(tmp_path: Path) -> None:
    got = rows(
        tmp_path, "A,2026-11-01,7,1,red", "A,2026-11-01,7,1,blue", header=f"{HEADER},colour", attributes=("colour",)
    )
    assert got.sales[0].head.attributes == {"colour": "red"}


def test_a_sale_longer_than_a_batch_is_one_sale(tmp_path: Path) -> None:
    path = text_file(tmp_path, "\n".join([HEADER, *["A,2026-11-01,7,0.01"] * 100, "B,2026-11-01,7,1"]))
    whole = read(path)
    parted = read(path, size=30)
    assert parted.sales == whole.sales
    assert parted.lines == whole.lines
    assert [sale.amount_e8 for sale in whole.sales] == [100_000_000, 100_000_000]


def test_a_header_alone_is_no_sales(tmp_path: Path) -> None:
    assert rows(tmp_path).sales == []
