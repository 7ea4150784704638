"""Customers' own links: made at need, found again by their token, read in batches."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.erasing import ERASED
from storage.functions import random_token
from storage.models import Address, Customer, CustomerLink
from storage.upserts import insert_into


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link and whose it is."""

    customer: str  # the shop's number
    customer_name: str | None
    token: str
    is_joined: bool  # the customer has a chat already


async def ensure_links(connection: AsyncConnection, first: int, last: int, now: datetime) -> None:
    """Gives a link to every customer from one id to another who has none; none to whoever was erased."""
    missing = (
        select(random_token(), Customer.id, literal(now, CustomerLink.created_at.type))
        .where(Customer.id.between(first, last), ~Customer.external_id.startswith(ERASED))
        .where(~select(CustomerLink.token).where(CustomerLink.customer_id == Customer.id).exists())
    )
    insert = insert_into(connection, CustomerLink).from_select(["token", "customer_id", "created_at"], missing)
    await connection.execute(insert.on_conflict_do_nothing())


async def read_links(connection: AsyncConnection, first: int, last: int) -> list[Link]:
    """The links of the customers from one id to another, in that order."""
    statement = (
        select(Customer.external_id, Customer.name, CustomerLink.token, Customer.telegram_address_id)
        .join_from(CustomerLink, Customer, Customer.id == CustomerLink.customer_id)
        .where(Customer.id.between(first, last))
        .order_by(Customer.id)
    )
    return [
        Link(
            customer=row.external_id, customer_name=row.name, token=row.token,
            is_joined=row.telegram_address_id is not None,
        )
        for row in await connection.execute(statement)
    ]  # fmt: skip


async def next_ids(connection: AsyncConnection, after: int, limit: int) -> list[int]:
    """The ids of the next customers, ascending."""
    wanted = select(Customer.id).where(Customer.id > after).order_by(Customer.id).limit(limit)
    return list((await connection.execute(wanted)).scalars())


async def find_link(connection: AsyncConnection, token: str) -> Any:
    """customer_id, language and chat of the customer whose link it is, held until the end; None: it leads nowhere."""
    statement = (
        select(Customer.id.label("customer_id"), Customer.language, Address.value.label("chat"))
        .join_from(CustomerLink, Customer, Customer.id == CustomerLink.customer_id)
        .outerjoin(Address, Customer.telegram_address_id == Address.id)
        .where(CustomerLink.token == token)
        .with_for_update(of=Customer)
    )
    return (await connection.execute(statement)).one_or_none()
