"""Rows as a file: CSV that spreadsheets open without harm, XLSX with real numbers and dates, JSON."""

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO, Protocol
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

Row = Mapping[str, Any]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Sheet(Protocol):
    """Takes rows one by one; every row has the same keys."""

    def add(self, row: Row) -> None: ...


@contextmanager
def csv_sheet(file: BinaryIO, columns: Sequence[str], zone: ZoneInfo) -> Iterator[Sheet]:
    """UTF-8 with a byte order mark, comma, CRLF. Text that a spreadsheet would run as a formula gets an apostrophe."""
    file.write(codecs.BOM_UTF8)
    lines = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="", write_through=True)
    writer = csv.writer(lines)
    writer.writerow(columns)

    class Csv:
        def add(self, row: Row) -> None:
            writer.writerow([_guarded(_plain(_joined(row[column]), zone)) for column in columns])

    try:
        yield Csv()
    finally:
        lines.detach()


@contextmanager
def json_list(file: BinaryIO, columns: Sequence[str], zone: ZoneInfo) -> Iterator[Sheet]:
    """One list of objects, one object a line."""

    class Json:
        separator = "[\n"

        def add(self, row: Row) -> None:
            shown = {column: _plain(row[column], zone) for column in columns}
            file.write((self.separator + json.dumps(shown, ensure_ascii=False)).encode("utf-8", "replace"))
            self.separator = ",\n"

    listed = Json()
    yield listed
    file.write(b"[]\n" if listed.separator == "[\n" else b"\n]\n")


@contextmanager
def xlsx_sheet(file: BinaryIO, columns: Sequence[str], zone: ZoneInfo) -> Iterator[Sheet]:
    """One sheet, its first row frozen; times are local, because a spreadsheet knows no time zones."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("responses")
    sheet.freeze_panes = "A2"
    sheet.append(columns)

    def cell(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(zone).replace(tzinfo=None)
        if not isinstance(value, str):
            return value
        text = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
        text.data_type = "s"  # else a text that begins with = would be taken for a formula
        return text

    class Xlsx:
        def add(self, row: Row) -> None:
            sheet.append([cell(_joined(row[column])) for column in columns])

    yield Xlsx()
    book.save(file)


def _joined(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value


def _plain(value: Any, zone: ZoneInfo) -> Any:
    return value.astimezone(zone).isoformat() if isinstance(value, datetime) else value


def _guarded(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
