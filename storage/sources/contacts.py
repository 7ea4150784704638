"""What a row says about a customer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from storage.sources.columns import CONTACT_FIELDS, Columns
from storage.sources.problems import RowRejected
from storage.sources.values import (
    read_consent,
    read_email,
    read_language,
    read_phone,
    read_telegram_id,
    read_text,
    read_timezone,
)


@dataclass(frozen=True, slots=True)
class Contact:
    """None where the row says nothing: that never erases."""

    name: str | None = None
    email: str | None = None  # lower case
    phone: str | None = None  # E.164
    telegram_id: str | None = None
    language: str | None = None  # two letters
    timezone: str | None = None  # IANA
    consent: bool | None = None
    acquired_by: str | None = None


NOTHING = Contact()
FIELDS = tuple(field.name for field in fields(Contact))


class ContactReader:
    """Reads the contact fields that a file has."""

    def __init__(self, columns: Columns, country: str) -> None:
        """:param country: of phones without a country code, ISO 3166"""
        validators: dict[str, Callable[[str], Any]] = {
            "email": read_email,
            "phone": partial(read_phone, country=country),
            "telegram_id": read_telegram_id,
            "language": read_language,
            "timezone": read_timezone,
            "consent": read_consent,
        }
        self._parts = [
            (field, "name" if field == "customer_name" else field, columns.fields[field], validators.get(field))
            for field in CONTACT_FIELDS
            if field in columns.fields
        ]

    def read(self, cells: Sequence[Any]) -> Contact:
        """:raises RowRejected: a field is there and broken"""
        if not self._parts:
            return NOTHING
        found: dict[str, Any] = {}
        for field, name, place, validate in self._parts:
            try:
                text = read_text(cells[place])
                if text is not None:
                    found[name] = validate(text) if validate else text
            except RowRejected as error:
                raise RowRejected(error.reason, field) from error
        return Contact(**found) if found else NOTHING


def later_wins(earlier: Contact, later: Contact) -> Contact:
    """What both say together."""
    if earlier is NOTHING or later is NOTHING:
        return later if earlier is NOTHING else earlier
    return Contact(*(
        new if new is not None else old
        for new, old in ((getattr(later, name), getattr(earlier, name)) for name in FIELDS)
    ))  # fmt: skip
