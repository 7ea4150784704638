"""The part of a row that is a line of a sale: product, quantity and money."""

from collections.abc import Callable
from typing import Any

from storage.money import MOST, multiply
from storage.sources.columns import Columns
from storage.sources.numbers import parse_number
from storage.sources.problems import RejectReason, RowRejected
from storage.sources.recognition import NUMBER_FIELDS
from storage.sources.tables import Cells
from storage.sources.values import read_text

# product, product_group, then units of 1e-8: quantity, amount, discount, cost
Line = tuple[str | None, str | None, int | None, int, int | None, int | None]

_MOST_KNOWN = 100_000


class Known(dict[Any, Any]):
    """Values of cells already read: most cells of a file stand there many times."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: Any) -> Any:
        if len(self) > _MOST_KNOWN:
            self.clear()
        value = self[cell] = self._read(cell)
        return value


def line_reader(columns: Columns, decimal: str | None) -> Callable[[Cells], Line]:
    """A function that reads a row's line; it raises RowRejected where a number is missing, broken or too large.

    :param decimal: see `parse_number`
    """
    numbers, texts = Known(lambda cell: None if cell == "" else parse_number(cell, decimal)), Known(read_text)
    places = columns.fields.get
    product, group, quantity, price = (
        places("product"),
        places("product_group"),
        places("quantity"),
        places("unit_price"),
    )
    amount, discount, cost = places("amount"), places("discount"), places("cost")

    def read(cells: Cells) -> Line:
        count = None if quantity is None else numbers[cells[quantity]]
        money = None if amount is None else numbers[cells[amount]]
        if money is None:
            each = None if price is None else numbers[cells[price]]
            if count is None or each is None:
                raise RowRejected(RejectReason.NO_AMOUNT)
            money = multiply(count, each)
            if not -MOST <= money <= MOST:
                raise RowRejected(RejectReason.TOO_LARGE)
        return (
            None if product is None else texts[cells[product]],
            None if group is None else texts[cells[group]],
            count,
            money,
            None if discount is None else numbers[cells[discount]],
            None if cost is None else numbers[cells[cost]],
        )

    def read_or_name(cells: Cells) -> Line:
        try:
            return read(cells)
        except RowRejected as error:
            raise RowRejected(error.reason, _at_fault(columns, cells, decimal, error.reason)) from error

    return read_or_name


def _at_fault(columns: Columns, cells: Cells, decimal: str | None, reason: RejectReason) -> str | None:
    """The field that cannot be read, or None where the row as a whole is at fault."""
    for field in NUMBER_FIELDS:
        cell = cells[columns.fields[field]] if field in columns.fields else ""
        try:
            if cell != "":
                parse_number(cell, decimal)
        except RowRejected:
            return field
    if reason is RejectReason.TOO_LONG:
        return "product"
    return "amount" if "amount" in columns.fields else None
