"""What a staged file says about customers: Telegram chats that are somebody else's, and contacts written down."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.addresses import chat_owners
from storage.customers import Said, write_contacts
from storage.database import Database
from storage.models import Address, Customer, ImportChange, StagedContact
from storage.sources.contacts import FIELDS, NOTHING, Contact, later_wins
from storage.staging import stream
from storage.statuses import AddressKind, ChangeKind
from storage.upserts import insert_into

_AT_ONCE = 500  # customers: a write of them takes well under 0.2 s


async def find_taken(connection: AsyncConnection, import_id: int) -> list[int]:
    """First rows of staged sales whose Telegram chat another customer has: in the database, or earlier in the file."""
    mine = StagedContact.import_id == import_id
    rows: set[int] = set((await connection.execute(_taken_in_database(import_id))).scalars())
    shared = select(StagedContact.telegram_id).where(mine, StagedContact.telegram_id.is_not(None))
    shared = shared.group_by(StagedContact.telegram_id).having(
        func.min(StagedContact.customer) != func.max(StagedContact.customer)
    )
    chats = [chat for chat in (await connection.execute(shared)).scalars() if chat is not None]
    owners = await chat_owners(connection, chats)
    for start in range(0, len(chats), _AT_ONCE):
        some = StagedContact.telegram_id.in_(chats[start : start + _AT_ONCE])
        statement = select(StagedContact.row, StagedContact.customer, StagedContact.telegram_id)
        for row, customer, chat in await connection.execute(statement.where(mine, some).order_by(StagedContact.row)):
            if chat and owners.setdefault(chat, customer) != customer:
                rows.add(row)
    return sorted(rows)


async def write_staged_contacts(database: Database, import_id: int, now: datetime) -> None:
    """Writes the contacts of a whole file onto its customers: of what a file says twice, the later row holds."""
    async with database.read() as reading:
        async for said in _fold(reading, import_id):
            async with database.begin() as connection:
                written = await write_contacts(connection, said, now, create=False)
                changes = [
                    {"import_id": import_id, "kind": ChangeKind.CUSTOMER, "row_id": row_id, "before": change}
                    for row_id, change in written.updated.items()
                ]
                if changes:
                    statement = insert_into(connection, ImportChange)
                    await connection.execute(statement.on_conflict_do_nothing(), changes)


async def _fold(connection: AsyncConnection, import_id: int) -> AsyncIterator[dict[str, Said]]:
    """{external id: everything said about the customer}, some hundred customers at a time."""
    said: dict[str, Said] = {}
    current, contact = None, NOTHING
    async for rows in stream(connection, _by_customer(import_id), _AT_ONCE):
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


def _by_customer(import_id: int) -> Select[Any]:
    statement = select(StagedContact.__table__).where(StagedContact.import_id == import_id)
    return statement.order_by(StagedContact.customer, StagedContact.row)


def _taken_in_database(import_id: int) -> Select[int]:
    return (
        select(StagedContact.row)
        .join(Address, (Address.kind == AddressKind.TELEGRAM) & (Address.value == StagedContact.telegram_id))
        .join(Customer, Customer.telegram_address_id == Address.id)
        .where(StagedContact.import_id == import_id, Customer.external_id != StagedContact.customer)
    )
