"""Responses: what an invitation's token leads to, the answer as it stands, and every version of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Row, Select, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Address, Campaign, Customer, Delivery, Invitation, Response, ResponseChange, Sale
from storage.numbers import by_number
from storage.statuses import WAITING, AddressKind, DeliveryStatus, InvitationStatus, ResponseChannel
from storage.suspects import is_doubtful
from storage.types import UtcDateTime

AnyRow = Row[*tuple[Any, ...]]

# What every answer runs, built once: building a statement takes longer than SQLite takes to run it.
OF: BindParameter[int] = bindparam("of")
ASKED_BY: BindParameter[str] = bindparam("asked")
MOMENT = bindparam("moment", type_=UtcDateTime())
ASKED = (
    select(
        Invitation.id.label("invitation_id"),
        Invitation.token,
        Invitation.customer_id,
        Invitation.sale_id,
        Invitation.campaign_id,
        Invitation.status,
        Invitation.closed_reason,
        Invitation.link_until,
        Customer.name.label("customer_name"),
        Customer.language,
        Customer.opted_out_at,
        Campaign.question,
        Address.value.label("chat"),
        Response.id.label("response_id"),
        Response.score,
        Response.comment,
        Response.channel,
        Response.answered_at,
        Response.changed_at,
        Response.suspect,
        Response.accepted_at,
    )
    .join_from(Invitation, Customer, Invitation.customer_id == Customer.id)
    .join(Campaign, Invitation.campaign_id == Campaign.id)
    .outerjoin(Address, Customer.telegram_address_id == Address.id)
    .outerjoin(Response, Response.invitation_id == Invitation.id)
    .where(Invitation.token == ASKED_BY)
)
NAMED = select(Invitation.id).where(Invitation.token == ASKED_BY)
LOCKED = tuple(
    rows.with_for_update(key_share=True)
    for rows in (
        select(Delivery.id).where(Delivery.invitation_id == NAMED.scalar_subquery()).order_by(Delivery.id),
        NAMED,
    )
)
ADDED = insert(Response).returning(Response.id)
CHANGED = update(Response).where(Response.id == OF)
VERSION = ("score", "comment", "channel", "entered_by", "suspect")
KEPT = insert(ResponseChange).from_select(
    ["response_id", "at", *VERSION],
    select(Response.id, MOMENT, *(getattr(Response, name) for name in VERSION)).where(Response.id == OF),
)
SETTLED = (
    update(Invitation)
    .where(Invitation.id == OF)
    .values(status=InvitationStatus.ANSWERED, answered_at=MOMENT, closed_reason=None),
    update(Delivery)
    .where(Delivery.invitation_id == OF, Delivery.status.in_(WAITING))
    .values(status=DeliveryStatus.CANCELLED, reason="answered", settled_at=MOMENT),
)


async def find_asked(connection: AsyncConnection, token: str, *, lock: bool = False) -> AnyRow | None:
    """The invitation of a token with its customer, campaign and response, or None; `lock` holds it until the end."""
    if lock:
        await _lock(connection, token)
    return (await connection.execute(ASKED, {"asked": token})).one_or_none()


async def _lock(connection: AsyncConnection, token: str) -> None:
    """By statements of their own: what is read together with a lock is as old as the wait for it.

    Deliveries first, as whoever settles hand-overs does: two that lock in different order wait for each other.
    """
    if connection.dialect.name == "sqlite":
        return  # it has no row locks: whoever writes is alone
    for rows in LOCKED:
        await connection.execute(rows, {"asked": token})


async def add_response(connection: AsyncConnection, values: Mapping[str, Any]) -> int:
    """Stores a new response and its first version; returns its id."""
    row = {"source": ResponseChannel(values["channel"]).source, **values}
    response_id: int = (await connection.execute(ADDED, row)).scalar_one()
    await keep_version(connection, response_id, values["answered_at"])
    return response_id


async def change_response(connection: AsyncConnection, response_id: int, at: datetime, **values: Any) -> None:
    """Changes score, comment or channel; the new version is kept beside all earlier ones."""
    if "score" in values:
        values.setdefault("changed_at", at)
    if "channel" in values:
        values.setdefault("source", ResponseChannel(values["channel"]).source)
    await connection.execute(CHANGED, {"of": response_id, **values})
    await keep_version(connection, response_id, at)


async def keep_version(connection: AsyncConnection, response_id: int, at: datetime) -> None:
    """Keeps the response as it stands beside all earlier versions."""
    await connection.execute(KEPT, {"of": response_id, "moment": at})


async def settle_answered(connection: AsyncConnection, invitation_id: int, now: datetime) -> None:
    """An answer came: nothing more is sent for the invitation."""
    for settled in SETTLED:
        await connection.execute(settled, {"of": invitation_id, "moment": now})


async def latest_of_chat(connection: AsyncConnection, chat: str, since: datetime) -> AnyRow | None:
    """(id, comment, token, score) of the newest answer that a chat gave or changed since then, or None."""
    statement = (
        select(Response.id, Response.comment, Response.score, Invitation.token)
        .join_from(Response, Customer, Response.customer_id == Customer.id)
        .join(Address, Customer.telegram_address_id == Address.id)
        .join(Invitation, Response.invitation_id == Invitation.id)
        .where(Address.kind == AddressKind.TELEGRAM, Address.value == chat)
        .where(Response.channel == AddressKind.TELEGRAM)
        .where(or_(Response.answered_at >= since, Response.changed_at >= since))
    )
    return await _newest(connection, statement)


async def manual_response_of_day(connection: AsyncConnection, customer_id: int, day: Any) -> AnyRow | None:
    """The response that staff wrote down for a customer that day, by itself or to the question that waited, as
    `_standing`, or None: not one that they tied to a sale, nor one that the customer has given anew."""
    by_itself = Response.invitation_id.is_not(None) | Response.sale_id.is_(None)
    statement = (
        _standing()
        .where(Response.customer_id == customer_id, Response.day == day, by_itself)
        .where(Response.channel == ResponseChannel.MANUAL, Response.entered_by.is_not(None))
    )
    return await _newest(connection, statement)


async def find_manual(connection: AsyncConnection, response_id: int) -> AnyRow | None:
    """A response that staff wrote down, as `_standing`, or None."""
    statement = _standing().where(Response.id == response_id, Response.entered_by.is_not(None))
    return await _newest(connection, statement)


async def response_of_sale(connection: AsyncConnection, sale_id: int) -> AnyRow | None:
    """A sale's response, as `_standing`, or None."""
    return await _newest(connection, _standing().where(Response.sale_id == sale_id))


async def suspect_answer(connection: AsyncConnection, customer_id: int) -> AnyRow | None:
    """The suspect answer to a question that waits for the customer's own, as `_standing`, or None."""
    waiting = Invitation.status == InvitationStatus.OPEN
    statement = _standing().join(Invitation, Invitation.id == Response.invitation_id)
    return await _newest(connection, statement.where(Invitation.customer_id == customer_id, waiting, is_doubtful()))


def _standing() -> Select[*tuple[Any, ...]]:
    return select(
        Response.id, Response.invitation_id, Response.customer_id, Response.comment, Response.score, Response.suspect,
        Response.channel,
    )  # fmt: skip


async def open_invitation(connection: AsyncConnection, customer_id: int, sale_id: int | None) -> AnyRow | None:
    """(id, campaign_id, sale_id) of the newest invitation of a customer, or of the sale, that waits for an answer."""
    statement = select(Invitation.id, Invitation.campaign_id, Invitation.sale_id).where(
        Invitation.customer_id == customer_id, Invitation.status == InvitationStatus.OPEN
    )
    if sale_id is not None:
        statement = statement.where(Invitation.sale_id == sale_id)
    newest = statement.order_by(Invitation.queued_at.desc()).limit(1)
    # Whoever answers it by themselves at this moment waits, and then corrects what staff wrote down.
    return (await connection.execute(newest.with_for_update(key_share=True))).one_or_none()


async def store_of(connection: AsyncConnection, response_id: int) -> str | None:
    """The store of the sale that an answer speaks of, where it speaks of one."""
    found = select(Sale.store).join(Response, Response.sale_id == Sale.id).where(Response.id == response_id)
    return (await connection.execute(found)).scalar_one_or_none()


async def find_sale(connection: AsyncConnection, number: str) -> AnyRow | None:
    """(id, customer_id) of the shop's sale by its number as a person writes it, or None."""
    numbered = select(Sale.id, Sale.customer_id).where(Sale.external_id == bindparam("number"))
    return await by_number(connection, numbered, number)


async def find_customer(connection: AsyncConnection, number: str) -> int | None:
    """The id of the shop's customer by their number as a person writes it, or None."""
    numbered = select(Customer.id).where(Customer.external_id == bindparam("number"))
    found = await by_number(connection, numbered, number)
    return found.id if found else None


async def _newest(connection: AsyncConnection, statement: Select[*tuple[Any, ...]]) -> AnyRow | None:
    return (await connection.execute(statement.order_by(Response.id.desc()).limit(1))).one_or_none()
