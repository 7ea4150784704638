"""Files told by their content: encodings, delimiters, spreadsheets, and what cannot be read at all."""

import gzip
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from storage.sources.dates import is_format
from storage.sources.problems import FileProblem, Undecided, UnreadableFile
from tests.unit.reading import HEADER, read, sheet_file, text_file

RUSSIAN = "sale_id;sold_at;customer_id;amount;store\nП-1;01.11.2026 10:00:00;7;1 250,50;Центральный\n"


def problem_of(path: Path, **options: Any) -> FileProblem:
    with pytest.raises(UnreadableFile) as caught:
        read(path, **options)
    return caught.value.problem


@pytest.mark.parametrize(
    ("encoding", "name", "is_code_page"),
    [
        ("utf-8", "utf-8", False), ("utf-8-sig", "utf-8-sig", False), ("utf-16", "utf-16", False),
        ("utf-16-le", "utf-16-le", False), ("utf-16-be", "utf-16-be", False), ("cp1251", "cp1251", True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("zipped", [False, True])
def test_a_russian_file_is_read_in_every_encoding(
    tmp_path: Path, encoding: str, name: str, is_code_page: bool, zipped: bool
) -> None:
    got = read(text_file(tmp_path, RUSSIAN, encoding, zipped=zipped))
    assert (got.recognised.encoding, got.recognised.is_code_page) == (name, is_code_page)
    assert (got.recognised.delimiter, got.recognised.decimal, got.recognised.dates) == (";", ",", "dmy")
    (sale,) = got.sales
    assert (sale.head.sale_id, sale.head.store, sale.amount_e8) == ("П-1", "Центральный", 125_050_000_000)


def test_a_western_shop_s_code_page_is_another(tmp_path: Path) -> None:
    path = text_file(tmp_path, f"{HEADER},store\nA,2026-11-01,7,1.5,Köln\n", "cp1252")
    got = read(path, language="en")
    assert (got.recognised.encoding, got.sales[0].head.store) == ("cp1252", "Köln")


def test_an_encoding_that_is_told_overrules(tmp_path: Path) -> None:
    path = text_file(tmp_path, RUSSIAN, "cp866")
    assert read(path, encoding="cp866").sales[0].head.store == "Центральный"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_delimiter_is_recognised(tmp_path: Path, delimiter: str) -> None:
    rows = [HEADER.split(","), ["A", "2026-11-01", "7", "1.50"]]
    got = read(text_file(tmp_path, "\n".join(delimiter.join(row) for row in rows)))
    assert (got.recognised.delimiter, got.sales[0].amount_e8) == (delimiter, 150_000_000)


def test_excel_s_own_first_line_names_the_delimiter(tmp_path: Path) -> None:
    got = read(
        text_file(tmp_path, "sep=;\r\nsale_id;sold_at;customer_id;amount\r\nA;2026-11-01;7;x\r\nB;2026-11-01;7;1\r\n")
    )
    assert [sale.head.sale_id for sale in got.sales] == ["B"]
    assert [reject.line for reject in got.rejects] == [3]


def test_two_delimiters_that_do_equally_well_are_asked_for(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a;b,c;d,e\n1;2,3;4,5\n")
    with pytest.raises(Undecided) as caught:
        read(path)
    assert caught.value.subject == "delimiter"


def test_a_spreadsheet_is_told_by_its_content(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["sale_id", "sold_at", "customer_id", "amount"],
        [536365, datetime(2026, 11, 1, 10, 0), 17850, 15.3],  # noqa: DTZ001
        [None, None, None, None],
        ["0017", 46327.5, 17850.0, "1 234,5"],
    ]
    path = sheet_file(tmp_path, rows)
    got = read(path)
    assert got.recognised.kind == "xlsx"
    assert [(sale.row, sale.head.sale_id, sale.head.customer_id, sale.amount_e8) for sale in got.sales] == [
        (2, "536365", "17850", 1_530_000_000),
        (4, "0017", "17850", 123_450_000_000),
    ]
    assert got.sales[0].head.sold_at.isoformat() == "2026-11-01T07:00:00+00:00"
    assert got.sales[1].head.sold_at.isoformat() == "2026-11-01T09:00:00+00:00"
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert len(read(path).sales) == 2


def test_the_same_sale_in_a_spreadsheet_and_in_text_is_the_same(tmp_path: Path) -> None:
    sheet = read(sheet_file(tmp_path, [HEADER.split(","), [17850, datetime(2026, 11, 1, 10), 5, 2.55]]))  # noqa: DTZ001
    text = read(text_file(tmp_path, RUSSIAN.splitlines()[0] + "\n17850.0;01.11.2026 10:00;5;2,550;\n"), decimal=",")
    assert sheet.sales[0].fingerprint == text.sales[0].fingerprint


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", FileProblem.EMPTY),
        (b"\n\n", FileProblem.EMPTY),
        (gzip.compress(b"", mtime=0), FileProblem.EMPTY),
        (gzip.compress(b"sale_id,sold_at\n" * 5000, mtime=0)[:-20], FileProblem.TRUNCATED),
        (gzip.compress(b"sale_id,sold_at\n" * 5000, mtime=0)[:6], FileProblem.TRUNCATED),
        (b"\x1f\x8b not gzip at all", FileProblem.TRUNCATED),
        (b"PK\x03\x04 no archive", FileProblem.BROKEN_SPREADSHEET),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), FileProblem.OLD_SPREADSHEET),
        (b"%PDF-1.7 ...", FileProblem.BINARY),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), FileProblem.BINARY),
        (bytes(range(256)) * 20, FileProblem.BINARY),
        (bytes(5000), FileProblem.BINARY),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, data: bytes, problem: FileProblem) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(data)
    assert problem_of(path) is problem


def test_a_file_that_is_no_file_says_so(tmp_path: Path) -> None:
    assert problem_of(tmp_path / "missing.csv") is FileProblem.MISSING
    assert problem_of(tmp_path) is FileProblem.FOLDER


def test_an_archive_and_a_damaged_spreadsheet_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "sales.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("sales.csv", HEADER)
    assert problem_of(path) is FileProblem.OTHER_ARCHIVE
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<broken")
    assert problem_of(path) is FileProblem.BROKEN_SPREADSHEET
    assert problem_of(sheet_file(tmp_path, [])) is FileProblem.EMPTY


def test_an_encoding_that_doesn_t_fit_says_where(tmp_path: Path) -> None:
    path = text_file(tmp_path, RUSSIAN, "cp1251")
    assert problem_of(path, encoding="utf-8") is FileProblem.WRONG_ENCODING
    assert problem_of(path, encoding="klingon") is FileProblem.UNKNOWN_ENCODING


@pytest.mark.parametrize("said", ["yesterday", "%Q", "%H:%M", "%d.%m", "%", "%d.%m.%Y %", "100 %d"])
def test_a_date_format_by_which_no_day_is_told_is_none(tmp_path: Path, said: str) -> None:
    assert problem_of(text_file(tmp_path, RUSSIAN), date_format=said) is FileProblem.UNKNOWN_DATE_FORMAT


@pytest.mark.parametrize("said", ["%d.%m.%Y", "%d.%m.%y %H:%M", "%Y%m%d", "%d %B %Y", "%Y-%m-%dT%H:%M:%S%z"])
def test_a_pattern_that_tells_the_day_is_a_date_format(said: str) -> None:
    assert is_format(said)


def test_unicode_with_a_broken_byte_is_not_taken_for_a_code_page(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    good = "".join(f"П-{number};01.11.2026;7;1;Центральный\n" for number in range(20))
    path.write_bytes((RUSSIAN + good).encode() + b"\xff;01.11.2026;7;1;x\n")
    with pytest.raises(UnreadableFile, match="UTF-8"):
        read(path)
