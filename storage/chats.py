"""Telegram chats as addresses: whose they are, and whether they can be reached."""

from datetime import datetime

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Address, Customer, Invitation
from storage.statuses import AddressKind, InvitationStatus
from storage.upserts import insert_into


async def ensure_chat(connection: AsyncConnection, chat: str) -> int:
    """The address id of a chat, made where there was none."""
    insert = insert_into(connection, Address).values(kind=AddressKind.TELEGRAM, value=chat)
    await connection.execute(insert.on_conflict_do_nothing())
    found = select(Address.id).where(Address.kind == AddressKind.TELEGRAM, Address.value == chat)
    return (await connection.execute(found)).scalar_one()


async def customer_of_chat(connection: AsyncConnection, chat: str) -> Row[int, str | None, str | None] | None:
    """(id, language, name) of the customer whose chat it is, or None."""
    statement = (
        select(Customer.id, Customer.language, Customer.name)
        .join_from(Customer, Address, Customer.telegram_address_id == Address.id)
        .where(Address.kind == AddressKind.TELEGRAM, Address.value == chat)
    )
    return (await connection.execute(statement)).one_or_none()


async def set_language(connection: AsyncConnection, customer_id: int, language: str, now: datetime) -> None:
    """What the customer chose."""
    chosen = update(Customer).where(Customer.id == customer_id).values(language=language, updated_at=now)
    await connection.execute(chosen)


async def give_chat(connection: AsyncConnection, customer_id: int, chat: str, now: datetime) -> bool:
    """Makes the chat the customer's, where the customer has none yet; False where somebody was quicker."""
    address_id = await ensure_chat(connection, chat)
    given = await connection.execute(
        update(Customer)
        .where(Customer.id == customer_id, Customer.telegram_address_id.is_(None))
        .values(telegram_address_id=address_id, updated_at=now)
    )
    return given.rowcount == 1


async def mark_chat(connection: AsyncConnection, chat: str, blocked_at: datetime | None) -> None:
    """Suppresses a chat that blocked the bot, or (None) reaches it again."""
    await connection.execute(
        update(Address)
        .where(Address.id == await ensure_chat(connection, chat))
        .values(undeliverable_at=blocked_at, undeliverable_reason="blocked" if blocked_at else None)
    )


async def open_question(connection: AsyncConnection, customer_id: int) -> str | None:
    """The token of a customer's newest invitation that waits for an answer, or None."""
    statement = (
        select(Invitation.token)
        .where(Invitation.customer_id == customer_id, Invitation.status == InvitationStatus.OPEN)
        .order_by(Invitation.queued_at.desc())
        .limit(1)
    )
    return (await connection.execute(statement)).scalar_one_or_none()
