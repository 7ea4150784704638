"""Customers made, and what is said about them written onto them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, Table, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.addresses import chat_owners, ensure_addresses
from storage.bulk import copy_into
from storage.models import Customer
from storage.moments import sqlite_moment
from storage.referrals import tie_newcomers
from storage.sources.contacts import Contact
from storage.statuses import AddressKind
from storage.suppressions import opt_out_customers
from storage.turns import wait_for_customers

PLAIN = ("name", "language", "timezone", "consent", "acquired_by")
ADDRESSES = {
    "email_address_id": ("email", AddressKind.EMAIL),
    "phone_address_id": ("phone", AddressKind.PHONE),
    "telegram_address_id": ("telegram_id", AddressKind.TELEGRAM),
}
CHANGEABLE = (*PLAIN, *ADDRESSES, "attributes")

_AT_ONCE = 500
_CUSTOMER = cast(Table, Customer.__table__)


@dataclass(frozen=True)
class Said:
    """What a file says about one customer; None, and an attribute that isn't there, say nothing."""

    contact: Contact
    attributes: Mapping[str, str] | None = None


@dataclass
class Written:
    """What became of it, by external id."""

    created: list[str] = field(default_factory=list)
    updated: dict[int, dict[str, Any]] = field(default_factory=dict)  # customer's row id → {field: [was, is]}
    unchanged: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)  # another customer has the chat: nothing of it was written


async def add_customers(connection: AsyncConnection, external_ids: Sequence[str], now: datetime) -> int:
    """Makes customers nobody knows anything about yet, each with a lot drawn.

    Returns the highest row id there was before: those made have higher ones.
    """
    highest = (await connection.execute(select(func.max(Customer.id)))).scalar_one() or 0
    moment = sqlite_moment(now) if connection.dialect.name == "sqlite" else now
    rows = [(external_id, secrets.randbits(31), moment, moment) for external_id in external_ids]
    await copy_into(connection, _CUSTOMER, ("external_id", "lot", "created_at", "updated_at"), rows)
    await opt_out_customers(connection, external_ids)
    return highest


async def write_contacts(
    connection: AsyncConnection, said: Mapping[str, Said], now: datetime, *, create: bool
) -> Written:
    """Writes what is said, by external id, onto the customers; what says nothing erases nothing.

    :param create: make customers who aren't there; otherwise they are passed over
    """
    await wait_for_customers(connection)
    taken = await _find_taken(connection, said)
    said = {external_id: one for external_id, one in said.items() if external_id not in taken}
    known = await _load(connection, list(said))
    created = [external_id for external_id in said if external_id not in known] if create else []
    await add_customers(connection, created, now)
    known |= await _load(connection, created)
    addresses = await _ensure_addresses(connection, [one.contact for one in said.values()])
    changes = {id_: _compare(customer, said[id_], addresses) for id_, customer in known.items()}
    await _write(connection, known, changes, now)
    await tie_newcomers(connection, [customer.id for customer in known.values()], now)
    standing = [external_id for external_id in known if external_id not in set(created)]
    return Written(
        created=created,
        updated={known[external_id].id: changes[external_id] for external_id in standing if changes[external_id]},
        unchanged=[external_id for external_id in standing if not changes[external_id]],
        taken=taken,
    )


async def _find_taken(connection: AsyncConnection, said: Mapping[str, Said]) -> list[str]:
    chats = {external_id: one.contact.telegram_id for external_id, one in said.items()}
    owners = await chat_owners(connection, (chat for chat in chats.values() if chat))
    return [external_id for external_id, chat in chats.items() if chat and owners.get(chat, external_id) != external_id]


async def _ensure_addresses(connection: AsyncConnection, contacts: Sequence[Contact]) -> dict[str, dict[str, int]]:
    """{column: {address: id}}."""
    return {
        column: await ensure_addresses(connection, kind, (v for one in contacts if (v := getattr(one, name))))
        for column, (name, kind) in ADDRESSES.items()
    }


async def _load(connection: AsyncConnection, external_ids: Sequence[str]) -> dict[str, Row[Any]]:
    found: dict[str, Row[Any]] = {}
    for start in range(0, len(external_ids), _AT_ONCE):
        some = Customer.external_id.in_(external_ids[start : start + _AT_ONCE])
        columns = (Customer.id, Customer.external_id, *(getattr(Customer, name) for name in CHANGEABLE))
        found |= {customer.external_id: customer for customer in await connection.execute(select(*columns).where(some))}
    return found


def _compare(customer: Row[Any], said: Said, addresses: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """{column: [was, is]} of what is said anew."""
    new = {name: getattr(said.contact, name) for name in PLAIN}
    for column, (name, _) in ADDRESSES.items():
        address = getattr(said.contact, name)
        new[column] = addresses[column][address] if address else None
    if said.attributes:
        new["attributes"] = {**(customer.attributes or {}), **said.attributes}
    was = {name: getattr(customer, name) for name in new}
    return {name: [was[name], value] for name, value in new.items() if value is not None and value != was[name]}


async def _write(
    connection: AsyncConnection, known: Mapping[str, Row[Any]], changes: Mapping[str, dict[str, Any]], now: datetime
) -> None:
    rows = [
        {name: changes[id_][name][1] if name in changes[id_] else getattr(known[id_], name) for name in CHANGEABLE}
        | {"of": known[id_].id}
        for id_ in changes
        if changes[id_]
    ]
    if rows:
        values: dict[str, Any] = {name: bindparam(name) for name in CHANGEABLE} | {"updated_at": now}
        await connection.execute(update(Customer).where(Customer.id == bindparam("of")).values(values), rows)
