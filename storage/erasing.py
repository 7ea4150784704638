"""A person erased from every table; what they scored and bought stays, without them."""

import json
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, and_, case, cast, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.functions import random_token
from storage.models import (
    Address,
    Case,
    CaseEvent,
    Customer,
    CustomerComment,
    CustomerLink,
    Delivery,
    ImportChange,
    InboxUpdate,
    Invitation,
    OutboxMessage,
    Referral,
    ReferralLink,
    Response,
    ResponseChange,
    Sale,
    StaffName,
)
from storage.optouts import ADDRESSES, close_unasked
from storage.rates import erase_chats
from storage.statuses import AddressKind, ChangeKind, OutboxStatus
from storage.suppressions import CUSTOMER, Mark, suppress

REFERRED = (Referral.address_id, Referral.phone_address_id)
ABOUT = ("text", "edit", "file", "case_note")  # kinds of messages that hold words of or about people
WORDS = (*ABOUT, "answer")  # an answer speaks of nobody but whom it is for
EMPTY = {"text": ""}  # in place of what was told
ERASED = "erased-"  # begins what stands for a number or an address that is gone


async def erase_customer(connection: AsyncConnection, customer_id: int, now: datetime) -> None:
    """Erases everything personal of a customer, and remembers their addresses and number as keyed hashes.

    An address is erased for everybody who has it. Staff's words about the customer's cases go too.
    """
    customer = (await connection.execute(select(Customer.__table__).where(Customer.id == customer_id))).one()
    addresses = await _addresses(connection, customer_id)
    said = [*await _words(connection, customer), *(one.value for one in addresses)]
    await close_unasked(connection, customer_id, now)
    marks: list[Mark] = [(CUSTOMER, customer.external_id), *((one.kind, one.value) for one in addresses)]
    await suppress(connection, marks, now)
    await _erase_messages(connection, [one.value for one in addresses], said)
    await _erase_updates(connection, [one.value for one in addresses if one.kind == AddressKind.TELEGRAM])
    await _erase_answers(connection, customer_id)
    await _erase_asking(connection, customer_id)
    await _erase_imports(connection, customer_id)
    await _erase_addresses(connection, [one.id for one in addresses], now)
    await _erase_self(connection, customer_id, now)


async def erase_chat(connection: AsyncConnection, chat: str, now: datetime) -> None:
    """Of a chat that no customer has joined: what it wrote, what it was told, which chat it was, and whose number."""
    theirs = select(Address.id).where(Address.kind == AddressKind.TELEGRAM, Address.value == chat)
    addresses = list((await connection.execute(theirs)).scalars())
    shared = select(Referral.phone_address_id).where(Referral.address_id.in_(addresses))
    addresses += [one for one in (await connection.execute(shared)).scalars() if one is not None]
    await _erase_messages(connection, [chat], ())
    await _erase_updates(connection, [chat])
    await _erase_addresses(connection, addresses, now)


async def _addresses(connection: AsyncConnection, customer_id: int) -> Sequence[Row[int, str, str]]:
    """(id, kind, value) of those that are theirs, and of those on which they were asked before."""
    theirs = [select(column).where(Customer.id == customer_id) for column in ADDRESSES]
    came = [select(column).where(Referral.newcomer_id == customer_id) for column in REFERRED]
    used = select(Delivery.address_id).join(Invitation, Invitation.id == Delivery.invitation_id)
    wanted = or_(
        *(Address.id.in_(one) for one in (*theirs, *came)),
        Address.id.in_(used.where(Invitation.customer_id == customer_id)),
    )
    return (await connection.execute(select(Address.id, Address.kind, Address.value).where(wanted))).all()


async def _words(connection: AsyncConnection, customer: Row[Any]) -> list[str]:
    """What the person is called and has said."""
    of = _responses(customer.id)
    said: list[Select[Any]] = [
        select(Response.comment).where(Response.id.in_(of)),
        select(ResponseChange.comment).where(ResponseChange.response_id.in_(of)),
        select(CustomerComment.text).where(CustomerComment.customer_id == customer.id),
    ]
    words = [word for statement in said for word in (await connection.execute(statement)).scalars()]
    return [word for word in (customer.name, *words) if word]


async def _erase_messages(connection: AsyncConnection, targets: Sequence[str], said: Iterable[str]) -> None:
    """To the person: all. To others: those that still wait, dead ones among them, and hold the person's words; what
    was told is emptied."""
    await connection.execute(delete(OutboxMessage).where(OutboxMessage.target.in_(targets)))
    payload, about = cast(OutboxMessage.payload, Text), OutboxMessage.kind.in_(ABOUT)
    is_told = (OutboxMessage.status == OutboxStatus.SENT, payload != json.dumps(EMPTY))
    await connection.execute(update(OutboxMessage).where(OutboxMessage.kind.in_(WORDS), *is_told).values(payload=EMPTY))
    for word in said:
        for written in {json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1]}:
            await connection.execute(delete(OutboxMessage).where(about, payload.contains(written, autoescape=True)))


async def _erase_updates(connection: AsyncConnection, chats: Sequence[str]) -> None:
    await erase_chats(connection, AddressKind.TELEGRAM, chats)
    await connection.execute(delete(InboxUpdate).where(InboxUpdate.chat.in_(chats)))
    await connection.execute(delete(StaffName).where(StaffName.user_id.in_(chats)))  # of whoever worked here once


async def _erase_answers(connection: AsyncConnection, customer_id: int) -> None:
    """Scores stay, and the reasons of the shop's own words; comments, files and what staff wrote about them go."""
    of = _responses(customer_id)
    await connection.execute(delete(CustomerComment).where(CustomerComment.customer_id == customer_id))
    await connection.execute(update(ResponseChange).where(ResponseChange.response_id.in_(of)).values(comment=None))
    await connection.execute(update(Response).where(Response.id.in_(of)).values(comment=None, attachments=None))
    cases = select(Case.id).where(Case.customer_id == customer_id)
    await connection.execute(update(CaseEvent).where(CaseEvent.case_id.in_(cases)).values(text=None))
    shown = {"note": None, "version": Case.version + 1}  # the card is told anew, without the person
    await connection.execute(update(Case).where(Case.customer_id == customer_id).values(shown))


async def _erase_asking(connection: AsyncConnection, customer_id: int) -> None:
    """Tokens and references lead to letters and chats: new ones lead nowhere."""
    invitations = select(Invitation.id).where(Invitation.customer_id == customer_id)
    for link in (CustomerLink, ReferralLink):
        await connection.execute(delete(link).where(link.customer_id == customer_id))
    await connection.execute(
        update(Delivery).where(Delivery.invitation_id.in_(invitations)).values(reference=None)
    )  # fmt: skip
    await connection.execute(
        update(Invitation).where(Invitation.customer_id == customer_id).values(token=random_token())
    )  # fmt: skip


async def _erase_imports(connection: AsyncConnection, customer_id: int) -> None:
    """What imports changed about them, so that taking an import back brings nothing back."""
    sales = select(Sale.id).where(Sale.customer_id == customer_id)
    about = or_(
        ImportChange.kind.in_((ChangeKind.CUSTOMER, ChangeKind.NEW_CUSTOMER)) & (ImportChange.row_id == customer_id),
        (ImportChange.kind == ChangeKind.SALE) & ImportChange.row_id.in_(sales),
    )
    await connection.execute(delete(ImportChange).where(about))
    await connection.execute(update(Sale).where(Sale.customer_id == customer_id).values(attributes=None))


async def _erase_addresses(connection: AsyncConnection, ids: Collection[int], now: datetime) -> None:
    """The rows stay, for the deliveries that went there; what they said is gone, for others who had it as well."""
    for column in ADDRESSES:
        taken = {column.key: case((column.in_(ids), None), else_=column)}
        await connection.execute(update(Customer).where(column.in_(ids)).values(taken))
    for address_id in ids:
        blank = {"value": f"{ERASED}{secrets.token_hex(8)}", "opted_out_at": now, "undeliverable_reason": None}
        await connection.execute(update(Address).where(Address.id == address_id).values(blank))


async def _erase_self(connection: AsyncConnection, customer_id: int, now: datetime) -> None:
    nothing = dict.fromkeys(("name", "language", "timezone", "acquired_by", "attributes", "not_before"))
    stays = {"external_id": f"{ERASED}{secrets.token_hex(8)}", "consent": False, "opted_out_at": now, "updated_at": now}
    await connection.execute(update(Customer).where(Customer.id == customer_id).values(**nothing, **stays))


def was_erased() -> ColumnElement[bool]:
    """Of a customer, or of none."""
    return func.coalesce(Customer.external_id, "").startswith(ERASED)


def _responses(customer_id: int) -> Select[int]:
    """Theirs, and what was said of their orders and is not tied to them yet."""
    orders = select(Sale.external_id).where(Sale.customer_id == customer_id)
    untied = and_(Response.customer_id.is_(None), Response.order_number.in_(orders))
    return select(Response.id).where(or_(Response.customer_id == customer_id, untied))
