"""The part of a row that speaks of its sale as a whole: which, when, whose, where."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from storage.sources.columns import Columns
from storage.sources.contacts import NOTHING, Contact, ContactReader, later_wins
from storage.sources.dates import DateReader
from storage.sources.known import Known
from storage.sources.options import Recognised, Shop
from storage.sources.problems import RejectReason, RowRejected
from storage.sources.tables import Cells
from storage.sources.values import LONGEST_ATTRIBUTE, read_currency, read_id, read_text

FUTURE = timedelta(hours=24)  # after now: clocks differ, calendars don't


class Head(NamedTuple):
    """None where the row says nothing."""

    sale_id: str
    sold_at: datetime  # UTC
    customer_id: str | None
    currency: str | None
    store: str | None
    manager: str | None
    returns_sale: str | None
    attributes: dict[str, str] | None
    contact: Contact


class HeadReader:
    """Reads the heads of one file."""

    def __init__(self, columns: Columns, recognised: Recognised, shop: Shop) -> None:
        self._fields = columns.fields
        self._sale_id, self._sold_at = columns.fields["sale_id"], columns.fields["sold_at"]
        self._attributes = columns.attributes
        self._dates = DateReader(shop.zone, recognised.date_format, recognised.dates)
        self._contacts = ContactReader(columns, shop.country)
        self._latest = shop.now + FUTURE
        ids, texts, currencies = Known(read_id), Known(read_text), Known(_read_currency)
        readers = {"customer_id": ids, "currency": currencies, "store": texts, "manager": texts, "returns_sale": ids}
        self._parts = [
            (at, columns.fields[field], known)
            for at, (field, known) in enumerate(readers.items())
            if field in columns.fields
        ]

    def read(self, cells: Cells) -> Head:
        """:raises RowRejected: the sale or its time is missing, or something is broken"""
        place = self._sale_id
        try:
            sale_id = read_id(cells[place])
            if sale_id is None:
                raise RowRejected(RejectReason.NO_SALE_ID)
            place = self._sold_at
            sold_at = self._read_time(cells[place])
            said: list[Any] = [None] * 5
            for at, place, known in self._parts:
                said[at] = known[cells[place]]
        except RowRejected as error:
            field = next(name for name, at in self._fields.items() if at == place)
            raise RowRejected(error.reason, field) from error
        attributes = self._read_attributes(cells) if self._attributes else None
        return Head(sale_id, sold_at, *said, attributes, self._contacts.read(cells))  # type: ignore[call-arg]

    def _read_time(self, cell: Any) -> datetime:
        if isinstance(cell, str) and not cell.strip():
            raise RowRejected(RejectReason.NO_DATE)
        moment = self._dates.read(cell)
        if moment > self._latest:
            raise RowRejected(RejectReason.FUTURE)
        return moment

    def _read_attributes(self, cells: Cells) -> dict[str, str] | None:
        found = {name: read_text(cells[place], LONGEST_ATTRIBUTE) for name, place in self._attributes.items()}
        return {name: text for name, text in found.items() if text is not None} or None


def _read_currency(cell: Any) -> str | None:
    text = read_text(cell)
    return None if text is None else read_currency(text)


def join(first: Head, further: Head) -> Head:
    """What two rows of one sale say together: the earliest time, otherwise what the first of them says.

    :raises RowRejected: they contradict each other about customer or currency
    """
    if None is not first.customer_id != further.customer_id is not None:
        raise RowRejected(RejectReason.CUSTOMERS_DIFFER, "customer_id")
    if None is not first.currency != further.currency is not None:
        raise RowRejected(RejectReason.CURRENCIES_DIFFER, "currency")
    return first._replace(
        sold_at=min(first.sold_at, further.sold_at),
        customer_id=first.customer_id or further.customer_id,
        currency=first.currency or further.currency,
        store=first.store or further.store,
        manager=first.manager or further.manager,
        returns_sale=first.returns_sale or further.returns_sale,
        attributes=({**(further.attributes or {}), **(first.attributes or {})}) or None,
        contact=later_wins(first.contact, further.contact) if further.contact is not NOTHING else first.contact,
    )
