"""E-mail addresses, phones and chats: one row each, however many customers share it."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Address, Customer
from storage.statuses import AddressKind
from storage.suppressions import opt_out_addresses
from storage.upserts import insert_into

_AT_ONCE = 500


async def ensure_addresses(connection: AsyncConnection, kind: AddressKind, values: Iterable[str]) -> dict[str, int]:
    """{value: id} of normalised addresses, made where there were none."""
    wanted = sorted(set(values))
    found: dict[str, int] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        statement = insert_into(connection, Address).on_conflict_do_nothing(index_elements=["kind", "value"])
        await connection.execute(statement, [{"kind": kind, "value": value} for value in some])
        rows = select(Address.value, Address.id).where(Address.kind == kind, Address.value.in_(some))
        found.update((await connection.execute(rows)).all())
    await opt_out_addresses(connection, kind, wanted)
    return found


async def chat_owners(connection: AsyncConnection, chats: Iterable[str]) -> dict[str, str]:
    """{chat: external id of the customer who has it}; only those that somebody has."""
    wanted = sorted(set(chats))
    owners: dict[str, str] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = Address.value.in_(wanted[start : start + _AT_ONCE])
        statement = (
            select(Address.value, Customer.external_id)
            .join_from(Address, Customer, Customer.telegram_address_id == Address.id)
            .where(Address.kind == AddressKind.TELEGRAM, some)
        )
        owners.update((await connection.execute(statement)).all())
    return owners
