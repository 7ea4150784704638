"""The part of a row that is a line of a sale: product, quantity and money."""

from collections.abc import Callable
from typing import Any

from storage.money import MOST, multiply
from storage.sources.columns import Columns
from storage.sources.known import Known
from storage.sources.numbers import parse_number
from storage.sources.problems import RejectReason, RowRejected
from storage.sources.tables import Cells
from storage.sources.values import read_text

# product, product_group, then units of 1e-8: quantity, amount, discount, cost
Line = tuple[str | None, str | None, int | None, int, int | None, int | None]

FIELDS = ("product", "product_group", "amount", "quantity", "unit_price", "discount", "cost")


def line_reader(columns: Columns, decimal: str | None) -> Callable[[Cells], Line]:
    """A function that reads a row's line; it raises RowRejected where a number is missing, broken or too large.

    :param decimal: see `parse_number`
    """

    def read_number(cell: Any) -> int | None:
        return None if cell == "" else parse_number(cell, decimal)

    def read_money(cells: tuple[Any, Any, Any]) -> tuple[int | None, int]:
        amount, quantity, price = map(read_number, cells)
        return quantity, _money(amount, quantity, price)

    texts, numbers, money = Known(read_text), Known(read_number), Known(read_money)
    product, group, amount, quantity, price, discount, cost = map(columns.fields.get, FIELDS)

    def read(cells: Cells) -> Line:
        count, total = money[
            "" if amount is None else cells[amount],
            "" if quantity is None else cells[quantity],
            "" if price is None else cells[price],
        ]
        return (
            None if product is None else texts[cells[product]],
            None if group is None else texts[cells[group]],
            count,
            total,
            None if discount is None else numbers[cells[discount]],
            None if cost is None else numbers[cells[cost]],
        )

    return read


def field_at_fault(columns: Columns, cells: Cells, decimal: str | None) -> str | None:
    """The field of a line that could not be read; None where nothing in it tells what the sale cost."""
    for field in FIELDS:
        cell = cells[columns.fields[field]] if field in columns.fields else ""
        try:
            if field in FIELDS[:2]:
                read_text(cell)
            elif cell != "":
                parse_number(cell, decimal)
        except RowRejected:
            return field
    return None


def _money(amount: int | None, quantity: int | None, price: int | None) -> int:
    if amount is not None:
        return amount
    if quantity is None or price is None:
        raise RowRejected(RejectReason.NO_AMOUNT)
    total = multiply(quantity, price)
    if not -MOST <= total <= MOST:
        raise RowRejected(RejectReason.TOO_LARGE)
    return total
