"""The cool-down: taken once, and given back only where surely nothing was handed over."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.cooldowns import free, take_addresses, take_customers
from storage.database import Database
from storage.models import Address, Customer, Delivery, Invitation
from storage.statuses import AddressKind, DeliveryStatus
from tests.flow.world import NOW, Seeded, ask_customer, ensure_address

COOLED = NOW - timedelta(days=90)


async def mark(connection: AsyncConnection, customer_id: int, at: datetime | None) -> None:
    """Sets what picking would have set, on the customer and every address."""
    await connection.execute(update(Customer).where(Customer.id == customer_id).values(asked_at=at))
    chats = select(Customer.telegram_address_id).where(Customer.id == customer_id)
    mails = select(Customer.email_address_id).where(Customer.id == customer_id)
    await connection.execute(update(Address).where(Address.id.in_(chats.union_all(mails))).values(asked_at=at))


async def last_asked(connection: AsyncConnection, customer_id: int) -> tuple[datetime | None, set[datetime | None]]:
    """Of the customer, and of all addresses there are."""
    customer = await connection.scalar(select(Customer.asked_at).where(Customer.id == customer_id))
    return customer, set((await connection.execute(select(Address.asked_at))).scalars())


async def asked_customer(
    connection: AsyncConnection, status: DeliveryStatus, at: datetime, number: str = "1"
) -> Seeded:
    seeded = await ask_customer(connection, number, status=status, queued_at=at, email="shared@example.test")
    await mark(connection, seeded.customer_id, at)
    return seeded


async def test_a_customer_is_taken_once(database: Database) -> None:
    async with database.begin() as connection:
        seeded = await ask_customer(connection)
        ids = select(Customer.id).where(Customer.id == seeded.customer_id)
        assert await take_customers(connection, ids, now=NOW, cooled_before=COOLED) == 1
        assert await take_customers(connection, ids, now=NOW, cooled_before=COOLED) == 0
        assert await take_customers(connection, ids, now=NOW + timedelta(days=90), cooled_before=NOW) == 1


async def test_an_address_is_taken_once(database: Database) -> None:
    async with database.begin() as connection:
        await ask_customer(connection)
        ids = select(Address.id)
        assert await take_addresses(connection, ids, now=NOW, cooled_before=COOLED) == 1
        assert await take_addresses(connection, ids, now=NOW, cooled_before=COOLED) == 0


@pytest.mark.parametrize("status", [DeliveryStatus.CANCELLED, DeliveryStatus.UNDELIVERABLE])
async def test_what_was_surely_not_handed_over_frees_customer_and_addresses(
    database: Database, status: DeliveryStatus
) -> None:
    async with database.begin() as connection:
        seeded = await asked_customer(connection, status, NOW)
        assert await free(connection, [seeded.invitation_id]) == [seeded.invitation_id]
        assert await last_asked(connection, seeded.customer_id) == (None, {None})
        assert not await connection.scalar(select(Invitation.asked).where(Invitation.id == seeded.invitation_id))
        assert await free(connection, [seeded.invitation_id]) == []


@pytest.mark.parametrize(
    "status", sorted(set(DeliveryStatus) - {DeliveryStatus.CANCELLED, DeliveryStatus.UNDELIVERABLE})
)
async def test_what_may_have_arrived_or_still_may_go_out_frees_nobody(
    database: Database, status: DeliveryStatus
) -> None:
    async with database.begin() as connection:
        seeded = await asked_customer(connection, status, NOW)
        assert await free(connection, [seeded.invitation_id]) == []
        assert await last_asked(connection, seeded.customer_id) == (NOW, {NOW})


async def test_a_freed_customer_falls_back_to_the_last_question_that_counts(database: Database) -> None:
    before = NOW - timedelta(days=100)
    async with database.begin() as connection:
        seeded = await asked_customer(connection, DeliveryStatus.CANCELLED, NOW)
        first = await asked_customer(connection, DeliveryStatus.SENT, before, "2")
        await connection.execute(
            update(Invitation).where(Invitation.id == first.invitation_id).values(customer_id=seeded.customer_id)
        )
        await mark(connection, seeded.customer_id, NOW)
        await free(connection, [seeded.invitation_id])
        assert await last_asked(connection, seeded.customer_id) == (before, {before})


async def test_a_freed_address_remembers_the_other_customer_who_has_it(database: Database) -> None:
    before = NOW - timedelta(days=1)
    async with database.begin() as connection:
        await asked_customer(connection, DeliveryStatus.SENT, before, "2")
        seeded = await asked_customer(connection, DeliveryStatus.CANCELLED, NOW)
        await free(connection, [seeded.invitation_id])
        customer, _ = await last_asked(connection, seeded.customer_id)
        shared = await connection.scalar(select(Address.asked_at).where(Address.value == "shared@example.test"))
        assert (customer, shared) == (None, before)


async def test_a_freed_address_remembers_a_question_sent_to_its_former_owner(database: Database) -> None:
    before = NOW - timedelta(days=1)
    async with database.begin() as connection:
        former = await asked_customer(connection, DeliveryStatus.SENT, before, "2")
        seeded = await asked_customer(connection, DeliveryStatus.CANCELLED, NOW)
        mail = select(Address.id).where(Address.value == "shared@example.test").scalar_subquery()
        await connection.execute(
            update(Customer).where(Customer.id == former.customer_id).values(email_address_id=None)
        )
        await connection.execute(
            update(Delivery).where(Delivery.invitation_id == former.invitation_id).values(address_id=mail)
        )
        await free(connection, [seeded.invitation_id])
        assert await connection.scalar(select(Address.asked_at).where(Address.id == mail)) == before


async def test_an_address_that_a_later_question_used_keeps_its_time(database: Database) -> None:
    async with database.begin() as connection:
        seeded = await asked_customer(connection, DeliveryStatus.CANCELLED, NOW - timedelta(days=1))
        other = await ensure_address(connection, AddressKind.PHONE, "+70000000000")
        await mark(connection, seeded.customer_id, NOW)
        await free(connection, [seeded.invitation_id])
        customer, _ = await last_asked(connection, seeded.customer_id)
        assert customer == NOW
        assert await connection.scalar(select(Address.asked_at).where(Address.id == other)) is None
