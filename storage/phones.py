"""Customers by their phone numbers."""

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from storage.models import Address, Customer
from storage.statuses import AddressKind

ENOUGH = 2  # more than one is nobody in particular


async def find_by_phone(connection: AsyncConnection, phone: str) -> list[Row[*tuple[Any, ...]]]:
    """(customer_id, language, chat) of the customers with a number (E.164), held until the end; two at the most."""
    number, chat = aliased(Address), aliased(Address)
    statement = (
        select(Customer.id.label("customer_id"), Customer.language, chat.value.label("chat"))
        .join(number, number.id == Customer.phone_address_id)
        .outerjoin(chat, chat.id == Customer.telegram_address_id)
        .where(number.kind == AddressKind.PHONE, number.value == phone)
        .order_by(Customer.id)
        .limit(ENOUGH)
        .with_for_update(of=Customer)
    )
    return list((await connection.execute(statement)).all())
