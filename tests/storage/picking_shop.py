"""Customers to pick from, and what a pick would do with them."""

from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.asking.picking import Picked, pick
from scheduler.asking.policy import Policy
from scheduler.asking.rules import SkipReason
from storage.database import Database
from storage.models import Address, Customer, Invitation, Sale
from tests.flow.world import COMPANY, NOW, add_customer, add_sale

CHANNELS = (("telegram", "telegram"), ("email", "email"))
ALWAYS = NOW - timedelta(days=400)


async def look(database: Database, policy: Policy | None = None, channels: Any = CHANNELS) -> Picked:
    """What picking would do now."""
    return await pick(database, policy or Policy(), COMPANY, channels, NOW, dry_run=True)


async def buyer(connection: AsyncConnection, number: str = "1", **values: Any) -> int:
    """A customer with an e-mail address and a sale, `sold_at` or else of five days ago."""
    sold_at = values.pop("sold_at", NOW - timedelta(days=5))
    values.setdefault("email", f"c{number}@example.test")
    customer_id = await add_customer(connection, number, **values)
    await add_sale(connection, customer_id, f"S{number}", sold_at=sold_at)
    return customer_id


async def mark_address(connection: AsyncConnection, value: str, **values: Any) -> None:
    """Changes an address."""
    await connection.execute(update(Address).where(Address.value == value).values(**values))


async def change(database: Database, **values: Any) -> None:
    """Changes every customer."""
    async with database.begin() as connection:
        await connection.execute(update(Customer).values(**values))


async def only_reason(database: Database, policy: Policy | None = None, channels: Any = CHANNELS) -> SkipReason:
    """The reason against the shop's only customer."""
    picked = await look(database, policy, channels)
    assert (picked.eligible, picked.picked, picked.by_channel) == (0, 0, {})
    ((reason, count),) = picked.skipped.items()
    assert count == 1
    return reason


async def shop(database: Database, customers: int, first: int = 1) -> None:
    """So many customers who can all be asked."""
    numbers = [str(number) for number in range(first, first + customers)]
    async with database.begin() as connection:
        mails = await connection.execute(
            insert(Address).returning(Address.id, sort_by_parameter_order=True),
            [{"kind": "email", "value": f"c{number}@example.test"} for number in numbers],
        )
        stamps = {"created_at": NOW, "updated_at": NOW}
        rows = [
            {"external_id": number, "email_address_id": mail, "lot": Random(number).randrange(2**31), **stamps}
            for number, mail in zip(numbers, mails.scalars(), strict=True)
        ]
        made = await connection.execute(insert(Customer).returning(Customer.id, sort_by_parameter_order=True), rows)
        sold_at = NOW - timedelta(days=5)
        sale = {"sold_at": sold_at, "sold_on": sold_at.date(), "amount": 1, "currency": "RUB"}
        sales = [
            {"external_id": f"S{number}", "customer_id": customer, **sale}
            for number, customer in zip(numbers, made.scalars(), strict=True)
        ]
        await connection.execute(insert(Sale), sales)


async def asked_customers(database: Database) -> list[int]:
    """Ids, one of each invitation, in the order of sending."""
    async with database.read() as connection:
        return list((await connection.execute(select(Invitation.customer_id).order_by(Invitation.id))).scalars())
