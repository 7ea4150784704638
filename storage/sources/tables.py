"""A table as it stands in a file, whatever kind of file: a header and numbered rows, to be read again and again."""

from collections.abc import Callable, Generator
from typing import Any, Protocol

from storage.sources.problems import Reject, RejectReason

Cells = tuple[Any, ...] | list[Any]
Rows = Generator[tuple[int, Cells], None, None]
OnReject = Callable[[Reject], None]


class Table(Protocol):
    """What readers of sales and customers are given."""

    header: list[str]

    def rows(self, on_reject: OnReject) -> Rows:
        """(line number, cells), from the first row after the header; empty rows are left out, missing cells are there.

        Cells are text, or a spreadsheet's numbers and dates. A row that cannot be taken apart goes to `on_reject`.
        """
        ...


def fit(line: int, cells: list[Any], width: int, on_reject: OnReject) -> list[Any] | None:
    """The row as wide as the header: short ones filled up; None for an empty row and for one that is too long."""
    if all(cell in ("", None) for cell in cells):
        return None
    if len(cells) <= width:
        return cells + [""] * (width - len(cells))
    if any(cells[width:]):
        on_reject(Reject(line, RejectReason.TOO_MANY_CELLS, None, tuple(map(as_text, cells))))
        return None
    return cells[:width]


def as_text(cell: Any) -> str:
    """A cell as a person would type it; '' for nothing; a whole number has no decimals."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)
