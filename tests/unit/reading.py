"""Files written and read for the tests of sources."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl

from storage.sources.options import ReadOptions, Recognised, Shop
from storage.sources.problems import Reject, RejectReason
from storage.sources.reading import open_sales
from storage.sources.sale_rows import ReadSale, SaleReader

SHOP = Shop(zone=ZoneInfo("Europe/Moscow"), currency="RUB", country="RU", now=datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
HEADER = "sale_id,sold_at,customer_id,amount"


@dataclass(frozen=True)
class Got:
    """What a file held."""

    recognised: Recognised
    sales: list[ReadSale]
    lines: list[tuple[Any, ...]]
    rejects: list[Reject]

    @property
    def reasons(self) -> list[tuple[int, RejectReason, str | None]]:
        """(line, reason, field) of every reject."""
        return [(reject.line, reject.reason, reject.field) for reject in self.rejects]


def read(path: Path, language: str = "ru", size: int = 20_000, **options: Any) -> Got:
    """A file of sales, read whole."""
    source = open_sales(path, ReadOptions(**options), language)
    rejects: list[Reject] = []
    reader = SaleReader(source.table, source.columns, source.recognised, SHOP, rejects.append)
    batches = list(reader.batches(size))
    sales = [sale for batch in batches for sale in batch.sales]
    return Got(source.recognised, sales, [line for batch in batches for line in batch.lines], rejects)


def text_file(folder: Path, text: str, encoding: str = "utf-8", *, zipped: bool = False) -> Path:
    """A text file, its name telling nothing."""
    path = folder / "sales.dat"
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data) if zipped else data)
    return path


def sheet_file(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    """An XLSX file, its name telling nothing."""
    path = folder / "sales.dat"
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path
