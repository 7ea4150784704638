"""What is known of an order of the shop's: its sale, its answer, and what stands in the way of asking about it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from storage.candidates import OPEN, Rules, conditions, with_addresses
from storage.erasing import was_erased
from storage.functions import random_token
from storage.models import Address, Customer, Delivery, Invitation, Response, Sale
from storage.optouts import ADDRESSES
from storage.statuses import NOT_HANDED_OVER, InvitationStatus
from storage.suspects import counts

AnyRow = Row[*tuple[Any, ...]]


async def find_order(connection: AsyncConnection, number: str) -> AnyRow | None:
    """The sale of that number: id, customer_id, sold_at, is_returned, is_erased (its customer was); None: no import has
    brought it yet."""
    back = aliased(Sale)
    taken_back = select(back.id).where(back.returns_sale == Sale.external_id, back.amount < 0).exists()
    is_returned = or_(Sale.amount < 0, taken_back).label("is_returned")
    columns = (Sale.id, Sale.customer_id, Sale.sold_at, is_returned, was_erased().label("is_erased"))
    sale = select(*columns).outerjoin(Customer, Customer.id == Sale.customer_id)
    return (await connection.execute(sale.where(Sale.external_id == number))).one_or_none()


async def is_answered(connection: AsyncConnection, number: str, sale_id: int | None) -> bool:
    """Whether the order has an answer that counts, whatever brought it."""
    about = Response.order_number == number
    about = about if sale_id is None else or_(about, Response.sale_id == sale_id)
    return (await connection.execute(select(Response.id).where(about, counts()).limit(1))).first() is not None


async def find_holding(connection: AsyncConnection, rules: Rules, customer_id: int) -> set[str]:
    """Which of `storage.candidates.conditions` hold for a customer, whatever they bought."""
    them = select(literal(customer_id).label("customer_id"), literal(OPEN).label("state")).subquery("them")
    holding = conditions(rules, them.c.state)
    verdicts = [case((holds, 1), else_=0) for holds in holding.values()]
    row = (await connection.execute(select(*verdicts).select_from(with_addresses(them)))).one()
    return {reason for reason, holds in zip(holding, row, strict=True) if holds}


async def hold_customer(connection: AsyncConnection, customer_id: int) -> None:
    """Nobody asks the customer until the transaction ends."""
    await connection.execute(select(Customer.id).where(Customer.id == customer_id).with_for_update(key_share=True))


async def find_token(connection: AsyncConnection, sale_id: int) -> str | None:
    """The token of the newest invitation about a sale, or None."""
    newest = select(Invitation.token).where(Invitation.sale_id == sale_id).order_by(Invitation.id.desc()).limit(1)
    return (await connection.execute(newest)).scalar_one_or_none()


async def is_asked_about(connection: AsyncConnection, sale_id: int) -> bool:
    """Whether a question about the sale waits on a channel, or may have reached its customer by one."""
    asked = select(Delivery.id).join(Invitation, Invitation.id == Delivery.invitation_id)
    asked = asked.where(Invitation.sale_id == sale_id, Delivery.status.not_in(NOT_HANDED_OVER)).limit(1)
    return (await connection.execute(asked)).first() is not None


async def add_invitation(
    connection: AsyncConnection, *, campaign_id: int, customer_id: int, sale_id: int, at: datetime,
    link_until: datetime, is_asked: bool = True,
) -> AnyRow:  # fmt: skip
    """(id, token) of an invitation that was handed over by being shown: it has no delivery.

    :param is_asked: it counts as asked; not where no person may have seen it, see `count_as_asked`
    """
    row = {
        "token": random_token(), "campaign_id": campaign_id, "customer_id": customer_id, "sale_id": sale_id,
        "occasion": f"sale:{sale_id}", "status": InvitationStatus.OPEN, "asked": is_asked, "queued_at": at,
        "send_before": at, "link_until": link_until,
    }  # fmt: skip
    made = await connection.execute(insert(Invitation).values(**row).returning(Invitation.id, Invitation.token))
    if is_asked:
        await _note_asked(connection, customer_id, at)
    return made.one()


async def count_as_asked(connection: AsyncConnection, token: str, at: datetime) -> None:
    """A person has answered it: from then on it counts as asked, where it did not yet."""
    unasked = update(Invitation).where(Invitation.token == token, ~Invitation.asked)
    counted = await connection.execute(unasked.values(asked=True).returning(Invitation.customer_id))
    for customer_id in counted.scalars().all():
        await _note_asked(connection, customer_id, at)


async def _note_asked(connection: AsyncConnection, customer_id: int, at: datetime) -> None:
    """The cool-down of the customer and every address of theirs counts from then on, at the least."""
    theirs = select(Address.id).join(Customer, Address.id.in_(ADDRESSES)).where(Customer.id == customer_id)
    for asked, ids in ((Customer, [customer_id]), (Address, list((await connection.execute(theirs)).scalars()))):
        is_older = or_(asked.asked_at.is_(None), asked.asked_at < at)
        await connection.execute(update(asked).where(asked.id.in_(ids), is_older).values(asked_at=at))
