"""Recommendations: a customer's link for friends, who came by it, and which customers they became."""

from collections.abc import Collection
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute, aliased

from storage.functions import new_token
from storage.models import Address, Customer, Referral, ReferralLink
from storage.statuses import AddressKind
from storage.upserts import insert_for, insert_into

LINK = select(ReferralLink.token).where(ReferralLink.customer_id == bindparam("of"))  # read with many an answer


async def ensure_link(connection: AsyncConnection, customer_id: int, now: datetime) -> str:
    """The token of a customer's link for friends, made where there was none: always the same."""
    row = {"token": new_token(), "customer_id": customer_id, "created_at": now}
    await connection.execute(_linked(connection.dialect.name), row)
    return (await connection.execute(LINK, {"of": customer_id})).scalar_one()


@cache
def _linked(engine: str) -> Any:
    return insert_for(engine, ReferralLink).on_conflict_do_nothing(index_elements=["customer_id"])


async def find_referrer(connection: AsyncConnection, token: str) -> int | None:
    """The customer whose link it is; None: it leads nowhere."""
    found = select(ReferralLink.customer_id).where(ReferralLink.token == token)
    return (await connection.execute(found)).scalar_one_or_none()


async def keep_arrival(
    connection: AsyncConnection, *, referrer_id: int, address_id: int, came_at: datetime, came_on: date
) -> None:
    """Somebody came into the chat with this address; who came by another link before has come by that one."""
    row = {"referrer_id": referrer_id, "address_id": address_id, "came_at": came_at, "came_on": came_on}
    arrival = insert_into(connection, Referral).values(**row)
    await connection.execute(arrival.on_conflict_do_nothing(index_elements=["address_id"]))


async def find_arrival(connection: AsyncConnection, chat: str) -> Any:
    """id and phone_address_id of the arrival of a chat that has no customer yet; None: it came by no link."""
    statement = (
        select(Referral.id, Referral.phone_address_id)
        .join(Address, Address.id == Referral.address_id)
        .where(Address.kind == AddressKind.TELEGRAM, Address.value == chat, Referral.newcomer_id.is_(None))
    )
    return (await connection.execute(statement)).one_or_none()


async def keep_phone(connection: AsyncConnection, arrival_id: int, address_id: int) -> None:
    """The newcomer's own number, by which an import may know them."""
    await connection.execute(update(Referral).where(Referral.id == arrival_id).values(phone_address_id=address_id))


async def tie_newcomers(connection: AsyncConnection, customer_ids: Collection[int], now: datetime) -> None:
    """Which of these customers are newcomers who came by a link: by their chat, or by a number that nobody shares."""
    awaited = select(Referral.id).where(Referral.newcomer_id.is_(None)).limit(1)
    if not customer_ids or (await connection.execute(awaited)).scalar_one_or_none() is None:
        return
    for theirs, its, is_sure in (
        (Customer.telegram_address_id, Referral.address_id, None),
        (Customer.phone_address_id, Referral.phone_address_id, _is_only_one()),
    ):
        found = await connection.execute(_untied(theirs, its, is_sure, customer_ids))
        for arrival_id, referrer_id, customer_id in found.all():
            await _tie(connection, arrival_id, referrer_id, customer_id, now)


def _untied(
    theirs: InstrumentedAttribute[int | None],
    its: InstrumentedAttribute[Any],
    is_sure: ColumnElement[bool] | None,
    customer_ids: Collection[int],
) -> Any:
    statement = (
        select(Referral.id, Referral.referrer_id, Customer.id)
        .join(Customer, theirs == its)
        .where(Customer.id.in_(customer_ids), Referral.newcomer_id.is_(None))
        .order_by(Referral.id)
    )
    return statement if is_sure is None else statement.where(is_sure)


def _is_only_one() -> ColumnElement[bool]:
    other = aliased(Customer)
    shares = (other.phone_address_id == Customer.phone_address_id, other.id != Customer.id)
    return ~select(other.id).where(*shares).exists()


async def _tie(connection: AsyncConnection, arrival_id: int, referrer_id: int, customer_id: int, now: datetime) -> None:
    """A customer came once; and who turns out to have come by their own link was recommended by nobody."""
    if referrer_id == customer_id:
        await connection.execute(delete(Referral).where(Referral.id == arrival_id))
        return
    other = aliased(Referral)
    came_before = select(other.id).where(other.newcomer_id == customer_id).exists()
    mine = update(Referral).where(Referral.id == arrival_id, Referral.newcomer_id.is_(None), ~came_before)
    await connection.execute(mine.values(newcomer_id=customer_id, known_at=now))


def is_referred(customer_id: ColumnElement[int] | InstrumentedAttribute[int] | int) -> ColumnElement[bool]:
    """The customer came by somebody's link."""
    return select(Referral.id).where(Referral.newcomer_id == customer_id).exists()
