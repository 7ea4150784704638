"""XLSX: the sheet that is open in the workbook, row by row."""

import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time
from typing import IO, Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from storage.sources.opening import ShopFile
from storage.sources.problems import FileProblem, UnreadableFile
from storage.sources.tables import OnReject, Rows, fit

_IN_MEMORY = 16 << 20


class SheetTable:
    """A sheet as a table; its first row is the header."""

    def __init__(self, file: ShopFile) -> None:
        """:raises UnreadableFile: damaged, or there is no header"""
        self.file = file
        with self._values() as values:
            header = next(values, ())
        while header and header[-1] is None:
            header = header[:-1]
        if not header:
            raise UnreadableFile(FileProblem.EMPTY, file.path)
        self.header = ["" if cell is None else str(cell).strip() for cell in header]

    def rows(self, on_reject: OnReject) -> Rows:
        """See `Table`."""
        with self._values() as values:
            next(values, None)
            for line, cells in enumerate(values, start=2):
                fitting = fit(line, [_plain(cell) for cell in cells], len(self.header), on_reject)
                if fitting is not None:
                    yield line, fitting

    @contextmanager
    def _values(self) -> Iterator[Iterator[tuple[Any, ...]]]:
        try:
            with self._unpacked() as unpacked:
                book = _load(unpacked)
                try:
                    sheet = book.active or book.worksheets[0]
                    sheet.reset_dimensions()  # other programs write them wrong
                    yield sheet.iter_rows(values_only=True)
                finally:
                    book.close()
        except (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, IndexError, ValueError) as error:
            raise UnreadableFile(FileProblem.BROKEN_SPREADSHEET, self.file.path, str(error)) from error

    @contextmanager
    def _unpacked(self) -> Iterator[IO[bytes]]:
        """The workbook as a file that can be read from any place in it."""
        with self.file.open() as file:
            if not self.file.is_gzipped:
                yield file
                return
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
                while chunk := file.read(1 << 20):
                    copy.write(chunk)
                copy.seek(0)
                yield copy


def _load(unpacked: IO[bytes]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on styles and extensions that are nothing to us
        return openpyxl.load_workbook(unpacked, read_only=True, data_only=True)


def _plain(cell: Any) -> Any:
    """Nothing is '', as in a text file; a time of day alone is text."""
    if cell is None:
        return ""
    return str(cell) if isinstance(cell, time | bool) else cell
