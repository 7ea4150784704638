"""How many came by customers' links, and what became of them: for staff, and for what a promoter is worth."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Customer, Referral, Sale


@dataclass(frozen=True, kw_only=True)
class Referrer:
    """A customer by whose link people came."""

    customer: str  # the shop's number
    customer_name: str | None
    came: int  # into the chat
    customers: int  # of them known as customers by now
    bought: int  # of them those whose first purchase followed: new customers by recommendation


async def count_referrals(connection: AsyncConnection, first: date | None, last: date | None) -> list[Referrer]:
    """Of those who came on the local days from first to last (None: no bound); who brought most comes first."""
    bought = select(Sale.id).where(Sale.customer_id == Referral.newcomer_id)
    before = bought.where(Sale.sold_on < Referral.came_on).exists()
    after = bought.where(Sale.sold_on >= Referral.came_on, Sale.amount >= 0).exists()
    came, known = func.count(Referral.id), func.count(func.distinct(Referral.newcomer_id))
    new = func.count(func.distinct(case((after & ~before, Referral.newcomer_id))))
    statement = (
        select(Customer.external_id, Customer.name, came, known, new)
        .join_from(Referral, Customer, Customer.id == Referral.referrer_id)
        .group_by(Customer.id, Customer.external_id, Customer.name)
        .order_by(new.desc(), known.desc(), came.desc(), Customer.external_id)
    )
    if first is not None:
        statement = statement.where(Referral.came_on >= first)
    if last is not None:
        statement = statement.where(Referral.came_on <= last)
    return [
        Referrer(customer=number, customer_name=name, came=came, customers=known, bought=new)
        for number, name, came, known, new in await connection.execute(statement)
    ]
