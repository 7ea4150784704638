"""Customers as staff look for them: by number, by phone, by a part of the name."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import numbers
from storage.models import Address, Customer
from storage.statuses import AddressKind


@dataclass(frozen=True, kw_only=True)
class Found:
    """Somebody who may be meant."""

    id: int
    number: str  # the shop's
    name: str | None
    phone: str | None


async def by_id(connection: AsyncConnection, customer_id: int) -> Found | None:
    """The customer of an id of ours, or None."""
    found = await _read(connection, _people().where(Customer.id == customer_id), 1)
    return found[0] if found else None


async def by_number(connection: AsyncConnection, number: str) -> Found | None:
    """The shop's customer of that number, or None."""
    row = await numbers.by_number(connection, _people().where(Customer.external_id == bindparam("number")), number)
    return Found(**row._mapping) if row else None


async def by_phone(connection: AsyncConnection, phone: str, limit: int) -> Sequence[Found]:
    """Those who have a phone number (E.164)."""
    return await _read(connection, _people().where(Address.kind == AddressKind.PHONE, Address.value == phone), limit)


async def by_name(connection: AsyncConnection, part: str, limit: int) -> Sequence[Found]:
    """Those in whose name the part stands, in whatever capitals, by name."""
    return await _read(connection, _people().where(_is_in_name(part)).order_by(Customer.name, Customer.id), limit)


def _is_in_name(part: str) -> ColumnElement[bool]:
    # SQLite knows the capitals of ASCII alone: the others are looked for as people write them.
    forms = {part, part.lower(), part.upper(), part.capitalize(), part.title()}
    return or_(
        Customer.name.icontains(part, autoescape=True), *(Customer.name.contains(one, autoescape=True) for one in forms)
    )


def _people() -> Select[int, str, str | None, str | None]:
    return select(
        Customer.id, Customer.external_id.label("number"), Customer.name, Address.value.label("phone")
    ).outerjoin(Address, Address.id == Customer.phone_address_id)


async def _read(
    connection: AsyncConnection, statement: Select[int, str, str | None, str | None], limit: int
) -> list[Found]:
    rows = await connection.execute(statement.limit(limit))
    return [Found(**row._mapping) for row in rows]
