"""CSV in any of its dialects: records with their line numbers; an unclosed quote costs one line, not the whole file."""

import csv
import io
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from typing import Any

from storage.sources.encodings import Encoding
from storage.sources.opening import ShopFile
from storage.sources.problems import FileProblem, Reject, RejectReason, Undecided, UnreadableFile
from storage.sources.tables import OnReject, Rows, fit

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

_LONGEST_CELL = 4_000_000  # characters; the csv module's own limit is too low for a shop's comments
_MOST_LINES = 1000  # of one record: more is a quote that was never closed
_SAMPLE = 30  # records

csv.field_size_limit(_LONGEST_CELL)


class _Runaway(Exception):
    """A record that doesn't end."""


class TextTable:
    """A CSV file as a table."""

    def __init__(self, file: ShopFile, encoding: Encoding, delimiter: str | None, wanted: Iterable[str]) -> None:
        """:param delimiter: None: recognised
        :param wanted: names of columns that tell a delimiter from a character of the text, lower case
        :raises Undecided: two delimiters would do
        :raises UnreadableFile: there is no header
        """
        self.file = file
        self.encoding = encoding
        self._skipped, self.delimiter = 0, delimiter or ","
        lines = self._sample()
        announced = lines[0].strip().lower() if lines else ""
        if announced.startswith("sep=") and len(announced) == 5:  # Excel's own first line
            self._skipped, lines = 1, lines[1:]
            delimiter = delimiter or announced[4]
        self.delimiter = delimiter or recognise_delimiter(lines, set(wanted))
        header = next(csv.reader(lines, delimiter=self.delimiter), [])
        if not any(cell.strip() for cell in header):
            raise UnreadableFile(FileProblem.EMPTY, file.path)
        self.header = [cell.strip() for cell in header]

    def rows(self, on_reject: OnReject) -> Rows:
        """See `Table`."""
        with closing(self._records(on_reject)) as records:
            next(records, None)
            if self.encoding.is_clean:
                yield from records
                return
            for line, cells in records:
                if any("\0" in cell for cell in cells):
                    on_reject(Reject(line, RejectReason.BAD_CHARACTERS, None, tuple(cells)))
                else:
                    yield line, cells

    def _sample(self) -> list[str]:
        with self.file.open() as raw, self._decoded(raw) as text:
            return [line for line, _ in zip(text, range(_SAMPLE), strict=False)]

    def _decoded(self, raw: Any) -> io.TextIOWrapper:
        return io.TextIOWrapper(raw, encoding=self.encoding.name, newline="")

    def _records(self, on_reject: OnReject) -> Generator[tuple[int, list[str]], None, None]:
        with self.file.open() as raw, self._decoded(raw) as text:
            for _ in range(self._skipped):
                next(text, None)
            yield from read_records(text, self.delimiter, len(self.header), on_reject, self._skipped + 1)


def read_records(
    lines: Iterable[str], delimiter: str, width: int, on_reject: OnReject, first_line: int = 1
) -> Generator[tuple[int, list[str]], None, None]:
    """(number of its first line, cells) of every record that has cells.

    A record of several lines that is wider or narrower than the header, or is still open where the file ends, began
    with a quote that was never closed: its first line is rejected, and the others are read again.
    """
    source, again, taken = iter(lines), deque[str](), list[str]()
    line = first_line
    while True:
        reader = csv.reader(_feed(source, again, taken), delimiter=delimiter)
        try:
            for cells in reader:
                if len(taken) == 1 and len(cells) == width and cells[0]:
                    yield line, cells
                    line += 1
                elif len(taken) > 1 and (len(cells) != width or is_open(cells, taken, delimiter)):
                    raise _Runaway
                else:
                    fitting = fit(line, cells, width, on_reject)
                    if fitting is not None:
                        yield line, fitting
                    line += len(taken)
                taken.clear()
            return
        except (_Runaway, csv.Error):
            on_reject(Reject(line, RejectReason.UNCLOSED_QUOTE, None, (taken[0].rstrip("\r\n"),)))
            line += 1
            again.extendleft(reversed(taken[1:]))
            taken.clear()


def is_open(cells: list[str], taken: list[str], delimiter: str) -> bool:
    """Whether the record of these lines ends with the file instead of a quote: another line would still be its own."""
    return next(csv.reader([*taken, "more"], delimiter=delimiter)) != cells


def _feed(source: Iterator[str], again: deque[str], taken: list[str]) -> Iterator[str]:
    """Lines for the csv module, remembered until their record is done."""
    while again:
        taken.append(again.popleft())
        if len(taken) > _MOST_LINES:
            raise _Runaway
        yield taken[-1]
    for text in source:
        taken.append(text)
        if len(taken) > _MOST_LINES:
            raise _Runaway
        yield text


def recognise_delimiter(lines: list[str], wanted: set[str]) -> str:
    """The delimiter that finds most of the wanted columns, then makes the rows most alike.

    :raises Undecided: two do equally well
    """
    scores = {delimiter: _score(lines, delimiter, wanted) for delimiter in DELIMITERS}
    best = max(scores.values())
    winners = [delimiter for delimiter, score in scores.items() if score == best]
    if best[1] > 0 and len(winners) > 1:
        raise Undecided("delimiter", lines[0].strip())
    return winners[0]


def _score(lines: list[str], delimiter: str, wanted: set[str]) -> tuple[int, float, int]:
    """(wanted columns found, share of rows as wide as the header, columns); all zero where it parts nothing."""
    try:
        records = [cells for cells in csv.reader(lines, delimiter=delimiter) if any(cells)]
    except csv.Error:
        return 0, 0, 0
    if not records or len(records[0]) < 2:
        return 0, 0, 0
    header = Counter(cell.strip().lower() for cell in records[0])
    rows = records[1:] or records
    return (
        sum(name in header for name in wanted),
        sum(len(row) == len(records[0]) for row in rows) / len(rows),
        len(records[0]),
    )
