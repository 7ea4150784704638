"""The part of a row that speaks of its sale as a whole: which, when, whose, where."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from storage.sources.columns import Columns
from storage.sources.contacts import NOTHING, Contact, ContactReader, later_wins
from storage.sources.dates import DateReader
from storage.sources.options import Shop
from storage.sources.problems import RejectReason, RowRejected
from storage.sources.tables import Cells
from storage.sources.values import LONGEST_ATTRIBUTE, read_currency, read_id, read_text

FUTURE = timedelta(hours=24)  # after now: clocks differ, calendars don't


@dataclass(frozen=True, slots=True)
class Head:
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

    def __init__(self, columns: Columns, date_format: str | None, shop: Shop) -> None:
        self._fields = columns.fields
        self._attributes = columns.attributes
        self._dates = DateReader(shop.zone, date_format)
        self._contacts = ContactReader(columns, shop.country)
        self._latest = shop.now + FUTURE

    def read(self, cells: Cells) -> Head:
        """:raises RowRejected: the sale or its time is missing, or something is broken"""
        sale_id = self._get(cells, "sale_id", read_id)
        if sale_id is None:
            raise RowRejected(RejectReason.NO_SALE_ID, "sale_id")
        currency = self._get(cells, "currency", read_text)
        return Head(
            sale_id=sale_id,
            sold_at=self._sold_at(cells),
            customer_id=self._get(cells, "customer_id", read_id),
            currency=currency and self._get(cells, "currency", lambda _: read_currency(currency)),
            store=self._get(cells, "store", read_text),
            manager=self._get(cells, "manager", read_text),
            returns_sale=self._get(cells, "returns_sale", read_id),
            attributes=self._read_attributes(cells),
            contact=self._contacts.read(cells),
        )

    def _sold_at(self, cells: Cells) -> datetime:
        cell = cells[self._fields["sold_at"]]
        if cell == "" or (isinstance(cell, str) and not cell.strip()):
            raise RowRejected(RejectReason.NO_DATE, "sold_at")
        moment: datetime = self._get(cells, "sold_at", self._dates.read)
        if moment > self._latest:
            raise RowRejected(RejectReason.FUTURE, "sold_at")
        return moment

    def _get(self, cells: Cells, field: str, read: Callable[[Any], Any]) -> Any:
        place = self._fields.get(field)
        if place is None or (cell := cells[place]) == "":
            return None
        try:
            return read(cell)
        except RowRejected as error:
            raise RowRejected(error.reason, field) from error

    def _read_attributes(self, cells: Cells) -> dict[str, str] | None:
        found = {name: read_text(cells[place], LONGEST_ATTRIBUTE) for name, place in self._attributes.items()}
        return {name: text for name, text in found.items() if text is not None} or None


def join(first: Head, further: Head) -> Head:
    """What two rows of one sale say together: the earliest time, otherwise what the first of them says.

    :raises RowRejected: they contradict each other about customer or currency
    """
    if None is not first.customer_id != further.customer_id is not None:
        raise RowRejected(RejectReason.CUSTOMERS_DIFFER, "customer_id")
    if None is not first.currency != further.currency is not None:
        raise RowRejected(RejectReason.CURRENCIES_DIFFER, "currency")
    return replace(
        first,
        sold_at=min(first.sold_at, further.sold_at),
        customer_id=first.customer_id or further.customer_id,
        currency=first.currency or further.currency,
        store=first.store or further.store,
        manager=first.manager or further.manager,
        returns_sale=first.returns_sale or further.returns_sale,
        attributes=({**(further.attributes or {}), **(first.attributes or {})}) or None,
        contact=later_wins(first.contact, further.contact) if further.contact is not NOTHING else first.contact,
    )
