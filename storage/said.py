"""What a staged file says about customers: Telegram chats that are somebody else's, and contacts written down."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.addresses import chat_owners
from storage.customers import Said, write_contacts
from storage.database import Database, Held
from storage.models import Address, Customer, ImportChange
from storage.sources.contacts import FIELDS, NOTHING, Contact, later_wins
from storage.staging import stream
from storage.staging_tables import STAGED_CONTACT
from storage.statuses import AddressKind, ChangeKind
from storage.upserts import insert_into

CONTACT = STAGED_CONTACT.c

_AT_ONCE = 500  # customers: a write of them takes well under 0.2 s


async def find_taken(connection: AsyncConnection) -> list[int]:
    """First rows of staged sales whose Telegram chat another customer has: in the database, or earlier in the file."""
    rows: set[int] = set((await connection.execute(_taken_in_database())).scalars())
    shared = select(CONTACT.telegram_id).where(CONTACT.telegram_id.is_not(None))
    shared = shared.group_by(CONTACT.telegram_id).having(func.min(CONTACT.customer) != func.max(CONTACT.customer))
    chats = [chat for chat in (await connection.execute(shared)).scalars() if chat is not None]
    owners = await chat_owners(connection, chats)
    for start in range(0, len(chats), _AT_ONCE):
        some = CONTACT.telegram_id.in_(chats[start : start + _AT_ONCE])
        statement = select(CONTACT.row, CONTACT.customer, CONTACT.telegram_id)
        for row, customer, chat in await connection.execute(statement.where(some).order_by(CONTACT.row)):
            if chat and owners.setdefault(chat, customer) != customer:
                rows.add(row)
    return sorted(rows)


async def write_staged_contacts(held: Held, database: Database, import_id: int, now: datetime) -> None:
    """Writes the contacts of a whole file onto its customers: of what a file says twice, the later row holds."""
    async with held.read() as reading:
        async for said in _fold(reading):
            async with database.begin() as connection:
                written = await write_contacts(connection, said, now, create=False)
                changes = [
                    {"import_id": import_id, "kind": ChangeKind.CUSTOMER, "row_id": row_id, "before": change}
                    for row_id, change in written.updated.items()
                ]
                if changes:
                    statement = insert_into(connection, ImportChange)
                    await connection.execute(statement.on_conflict_do_nothing(), changes)


async def _fold(connection: AsyncConnection) -> AsyncIterator[dict[str, Said]]:
    """{external id: everything said about the customer}, some hundred customers at a time."""
    said: dict[str, Said] = {}
    current, contact = None, NOTHING
    async for rows in stream(connection, _by_customer(), _AT_ONCE):
        for row in rows:
            if row.customer != current:
                if current is not None:
                    said[current] = Said(contact)
                if len(said) >= _AT_ONCE:
                    yield said
                    said = {}
                current, contact = row.customer, NOTHING
            contact = later_wins(contact, Contact(**{name: getattr(row, name) for name in FIELDS}))
    if current is not None:
        yield {**said, current: Said(contact)}


def _by_customer() -> Select[Any]:
    statement = select(STAGED_CONTACT)
    return statement.order_by(CONTACT.customer, CONTACT.row)


def _taken_in_database() -> Select[int]:
    return (
        select(CONTACT.row)
        .join(Address, (Address.kind == AddressKind.TELEGRAM) & (Address.value == CONTACT.telegram_id))
        .join(Customer, Customer.telegram_address_id == Address.id)
        .where(Customer.external_id != CONTACT.customer)
    )
