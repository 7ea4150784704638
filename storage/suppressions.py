"""Erased people are known again, though nothing of them is kept: keyed hashes of their addresses and numbers."""

import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.keys import ensure_key, find_key
from storage.models import Address, Customer, Suppression
from storage.optouts import ADDRESSES
from storage.statuses import AddressKind
from storage.upserts import insert_into

CUSTOMER = "customer"  # beside the kinds of addresses: the shop's own number
_KEY = "suppression"
_AT_ONCE = 500

Mark = tuple[str, str]  # (kind, value)


async def suppress(connection: AsyncConnection, marks: Iterable[Mark], at: datetime) -> None:
    """Remembers them as erased."""
    key = await ensure_key(connection, _KEY)
    rows = [{"hash": _hash(key, mark), "at": at} for mark in marks]
    if rows:
        await connection.execute(insert_into(connection, Suppression).values(rows).on_conflict_do_nothing())


async def lift(connection: AsyncConnection, customer_id: int) -> None:
    """Forgets that a customer was erased once: the person came back by themselves."""
    key = await find_key(connection, _KEY)
    if key is None:
        return
    addresses = select(Address.kind, Address.value).join(Customer, Address.id.in_(ADDRESSES))
    number = select(Customer.external_id).where(Customer.id == customer_id)
    marks: list[Mark] = [(CUSTOMER, (await connection.execute(number)).scalar_one())]
    marks += [(row.kind, row.value) for row in await connection.execute(addresses.where(Customer.id == customer_id))]
    hashes = [_hash(key, mark) for mark in marks]
    await connection.execute(delete(Suppression).where(Suppression.hash.in_(hashes)))


async def opt_out_addresses(connection: AsyncConnection, kind: AddressKind, values: Sequence[str]) -> None:
    """Of what an import brings: what belongs to somebody erased is never asked on."""
    for value, at in (await _find(connection, kind, values)).items():
        theirs = (Address.kind == kind, Address.value == value, Address.opted_out_at.is_(None))
        await connection.execute(update(Address).where(*theirs).values(opted_out_at=at))


async def opt_out_customers(connection: AsyncConnection, external_ids: Sequence[str]) -> None:
    """The same of customers who were just made, by the shop's numbers."""
    for number, at in (await _find(connection, CUSTOMER, external_ids)).items():
        await connection.execute(update(Customer).where(Customer.external_id == number).values(opted_out_at=at))


async def _find(connection: AsyncConnection, kind: str, values: Sequence[str]) -> dict[str, datetime]:
    """{value: when it was erased}; most shops have nobody erased, and hash nothing."""
    key = await find_key(connection, _KEY)
    found: dict[str, datetime] = {}
    for start in range(0, len(values) if key else 0, _AT_ONCE):
        hashes = {_hash(str(key), (kind, value)): value for value in values[start : start + _AT_ONCE]}
        rows = select(Suppression.hash, Suppression.at).where(Suppression.hash.in_(hashes))
        found |= {hashes[row.hash]: row.at for row in await connection.execute(rows)}
    return found


def _hash(key: str, mark: Mark) -> str:
    return hmac.new(bytes.fromhex(key), "\n".join(mark).encode(), "sha256").hexdigest()
