"""A file with all that is needed to read its rows: opened, recognised, its columns found."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from storage.sources.columns import (
    CUSTOMER_FIELDS,
    SALE_FIELDS,
    SYNONYMS,
    Columns,
    find_customer_columns,
    find_sale_columns,
)
from storage.sources.dates import is_format
from storage.sources.encodings import digest, recognise_encoding
from storage.sources.opening import Kind, ShopFile
from storage.sources.options import ReadOptions, Recognised
from storage.sources.problems import FileProblem, UnreadableFile
from storage.sources.recognition import recognise
from storage.sources.source import Source, ignore
from storage.sources.spreadsheet import SheetTable
from storage.sources.tables import Table
from storage.sources.text_file import TextTable

FindColumns = Callable[[Sequence[str], Mapping[str, str], Sequence[str]], Columns]


def open_sales(path: Path, options: ReadOptions, language: str) -> Source:
    """A file of sales; `language` is the company's.

    :raises UnreadableFile, WrongColumns, Undecided: each says what to do
    """
    return _open(path, options, language, find_sale_columns, SALE_FIELDS)


def open_customers(path: Path, options: ReadOptions, language: str) -> Source:
    """A file of customers; `language` is the company's.

    :raises UnreadableFile, WrongColumns, Undecided: each says what to do
    """
    return _open(path, options, language, find_customer_columns, (*CUSTOMER_FIELDS, *SYNONYMS))


def _open(path: Path, options: ReadOptions, language: str, find: FindColumns, fields: Sequence[str]) -> Source:
    file = ShopFile(path)
    if options.date_format is not None and not is_format(options.date_format):
        raise UnreadableFile(FileProblem.UNKNOWN_DATE_FORMAT, path, options.date_format)
    wanted = {name.lower() for name in (*fields, *options.mapping.values(), *options.attributes)}
    if file.kind is Kind.SPREADSHEET:
        encoding, sha256 = None, digest(file)
        table: Table = SheetTable(file)
    else:
        encoding = recognise_encoding(file, language, options.encoding)
        table, sha256 = TextTable(file, encoding, options.delimiter, wanted), encoding.sha256
    columns = find(table.header, options.mapping, options.attributes)
    with closing(table.rows(ignore)) as rows:
        decimal, dates = recognise(rows, columns, options.decimal, options.date_format)
    return Source(file, table, columns, Recognised(
        kind=file.kind, encoding=encoding.name if encoding else None, is_code_page=bool(encoding and encoding.is_guess),
        delimiter=table.delimiter if isinstance(table, TextTable) else None, decimal=decimal,
        date_format=options.date_format, dates=dates, sha256=sha256,
    ))  # fmt: skip
