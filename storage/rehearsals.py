"""Rehearsals: while survey.only names addresses, nobody else is asked."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, or_, true

from storage.models import Address


def takes_part(only: Collection[str]) -> ColumnElement[bool]:
    """Of an address: it is one of these, as a person writes them, in whatever case; any address where none is named."""
    if not only:
        return true()
    written = [one.strip() for one in only]
    return or_(Address.value.in_(written), func.lower(Address.value).in_([one.lower() for one in written]))
