"""Rows of a file → what they say about customers, in batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from storage.sources.columns import Columns
from storage.sources.contacts import Contact, ContactReader
from storage.sources.problems import Reject, RejectReason, RowRejected
from storage.sources.tables import Cells, OnReject, Table, as_text
from storage.sources.values import LONGEST_ATTRIBUTE, read_id, read_text

BATCH = 2000  # rows


@dataclass(frozen=True, slots=True)
class ReadCustomer:
    """One row."""

    row: int
    customer_id: str
    contact: Contact
    attributes: dict[str, str] | None
    cells: tuple[str, ...]  # as they stand in the file, should it be rejected later


def read_customers(table: Table, columns: Columns, country: str, on_reject: OnReject) -> Iterator[list[ReadCustomer]]:
    """Good rows in batches; the last one is there even where it is empty.

    :param country: of phones without a country code, ISO 3166
    """
    contacts = ContactReader(columns, country)
    batch: list[ReadCustomer] = []
    for row, cells in table.rows(on_reject):
        texts = tuple(map(as_text, cells))
        try:
            customer_id = _read_customer_id(cells[columns.fields["customer_id"]])
            batch.append(ReadCustomer(row, customer_id, contacts.read(cells), _read_attributes(cells, columns), texts))
        except RowRejected as error:
            on_reject(Reject(row, error.reason, error.field, texts))
        if len(batch) >= BATCH:
            yield batch
            batch = []
    yield batch


def _read_customer_id(cell: Any) -> str:
    try:
        customer_id = read_id(cell)
    except RowRejected as error:
        raise RowRejected(error.reason, "customer_id") from error
    if customer_id is None:
        raise RowRejected(RejectReason.NO_CUSTOMER_ID, "customer_id")
    return customer_id


def _read_attributes(cells: Cells, columns: Columns) -> dict[str, str] | None:
    found = {name: read_text(cells[place], LONGEST_ATTRIBUTE) for name, place in columns.attributes.items()}
    return {name: text for name, text in found.items() if text is not None} or None
