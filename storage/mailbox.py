"""The mailbox: how far it was read, letters taken in once, comments that the managers have not heard."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import (
    Address,
    Campaign,
    Customer,
    CustomerComment,
    Delivery,
    Invitation,
    MailboxLetter,
    MailboxPlace,
    Response,
)
from storage.statuses import LetterKind
from storage.upserts import insert_into

AnyRow = Row[*tuple[Any, ...]]


async def find_place(connection: AsyncConnection, mailbox: str) -> AnyRow | None:
    """(validity, last_uid) of a folder, or None: it was never read."""
    statement = select(MailboxPlace.validity, MailboxPlace.last_uid).where(MailboxPlace.mailbox == mailbox)
    return (await connection.execute(statement)).one_or_none()


async def advance(connection: AsyncConnection, mailbox: str, validity: int, uid: int) -> bool:
    """Moves the place on to a letter; False: it is there or further on, so that somebody else took the letter."""
    moved = {"validity": validity, "last_uid": uid}
    statement = insert_into(connection, MailboxPlace).values(mailbox=mailbox, **moved)
    is_before = or_(MailboxPlace.validity != validity, MailboxPlace.last_uid < uid)
    taken = statement.on_conflict_do_update(index_elements=["mailbox"], set_=moved, where=is_before)
    return (await connection.execute(taken.returning(MailboxPlace.mailbox))).scalar_one_or_none() is not None


async def remember_letter(connection: AsyncConnection, key: str, now: datetime) -> int | None:
    """The number of a letter that is being taken in; None: it was taken before."""
    row = {"key": key, "kind": LetterKind.UNREADABLE, "read_at": now}
    statement = insert_into(connection, MailboxLetter).values(row).on_conflict_do_nothing(index_elements=["key"])
    return (await connection.execute(statement.returning(MailboxLetter.id))).scalar_one_or_none()


async def name_letter(connection: AsyncConnection, letter_id: int, **values: Any) -> None:
    """Says what a letter was: kind, address_id, response_id."""
    await connection.execute(update(MailboxLetter).where(MailboxLetter.id == letter_id).values(**values))


async def find_delivery(connection: AsyncConnection, token: str, kind: str, channel: str) -> AnyRow | None:
    """(status, address_id) of the delivery of that kind and channel of a token, or None."""
    statement = (
        select(Delivery.status, Delivery.address_id)
        .join(Invitation, Invitation.id == Delivery.invitation_id)
        .where(Invitation.token == token, Delivery.kind == kind, Delivery.channel == channel)
    )
    return (await connection.execute(statement)).one_or_none()


async def count_bounces(connection: AsyncConnection, address_id: int, kind: LetterKind, since: datetime) -> int:
    """Bounces of that kind from an address since then."""
    counted = select(func.count()).where(
        MailboxLetter.address_id == address_id, MailboxLetter.kind == kind, MailboxLetter.read_at >= since
    )
    return (await connection.execute(counted)).scalar_one()


async def bounced_addresses(connection: AsyncConnection, kind: LetterKind, since: datetime) -> set[str]:
    """The addresses of which a bounce of that kind came since then."""
    found = (
        select(Address.value)
        .join(MailboxLetter, MailboxLetter.address_id == Address.id)
        .where(MailboxLetter.kind == kind, MailboxLetter.read_at >= since)
    )
    return set((await connection.execute(found)).scalars())


async def add_comment(
    connection: AsyncConnection, *, customer_id: int, invitation_id: int, text: str, now: datetime
) -> None:
    """Keeps what a customer wrote, to be told."""
    row = {"customer_id": customer_id, "invitation_id": invitation_id, "text": text, "at": now}
    await connection.execute(insert(CustomerComment).values(**row))


async def take_untold(connection: AsyncConnection, limit: int, now: datetime) -> list[AnyRow]:
    """Comments that were not told yet, and are from now on: id, text, at, the customer's number and name, the campaign,
    and the score of their answer, where there is one."""
    some = select(CustomerComment.id).where(CustomerComment.told_at.is_(None)).order_by(CustomerComment.id)
    batch = some.limit(limit).with_for_update(skip_locked=True).cte("batch")
    told = await connection.execute(
        update(CustomerComment)
        .where(CustomerComment.id.in_(select(batch.c.id)), CustomerComment.told_at.is_(None))
        .values(told_at=now)
        .returning(CustomerComment.id)
    )
    return await _load_comments(connection, list(told.scalars()))


async def count_letters(connection: AsyncConnection) -> dict[str, int]:
    """{kind: letters that were taken in}."""
    counted = select(MailboxLetter.kind, func.count()).group_by(MailboxLetter.kind)
    return {str(kind): count for kind, count in await connection.execute(counted)}


async def forget_letters(connection: AsyncConnection, before: datetime) -> None:
    """Forgets letters taken in before that moment: by then the reader looks at none so old."""
    await connection.execute(delete(MailboxLetter).where(MailboxLetter.read_at < before))


async def _load_comments(connection: AsyncConnection, ids: Collection[int]) -> list[AnyRow]:
    statement = (
        select(
            CustomerComment.id,
            CustomerComment.text,
            CustomerComment.at,
            Customer.external_id.label("customer"),
            Customer.name.label("customer_name"),
            Campaign.name.label("campaign"),
            Response.score,
        )
        .join(Customer, Customer.id == CustomerComment.customer_id)
        .join(Invitation, Invitation.id == CustomerComment.invitation_id)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(CustomerComment.id.in_(ids))
        .order_by(CustomerComment.id)
    )
    return list((await connection.execute(statement)).all()) if ids else []
