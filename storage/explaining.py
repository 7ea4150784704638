"""What stands in the way of asking one customer: the same conditions, table and order that a pick goes by."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, case, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.candidates import OPEN, Rules, candidates_sales, conditions, foremost_sales, with_addresses
from storage.models import Customer, Sale
from storage.picking import NEWEST_FIRST
from storage.picking_tables import CANDIDATE

AnyRow = Row[*tuple[Any, ...]]
NO_SALE = "no_recent_sale"  # holds for who is no candidate at all


async def find_holding(connection: AsyncConnection, rules: Rules, customer_id: int) -> set[str]:
    """Which of `storage.candidates.conditions` hold for one customer; NO_SALE where no sale is in the window."""
    sale = foremost_sales(replace(rules, customers=(customer_id,)))
    asked_of = (
        select(
            Customer.id.label("customer_id"),
            sale.c.state.is_(None).label("has_none"),
            func.coalesce(sale.c.state, OPEN).label("state"),
        )
        .outerjoin(sale, sale.c.customer_id == Customer.id)
        .where(Customer.id == customer_id)
        .subquery("asked_of")
    )
    holding = {NO_SALE: asked_of.c.has_none, **conditions(rules, asked_of.c.state)}
    verdicts = [case((holds, 1), else_=0) for holds in holding.values()]
    row = (await connection.execute(select(*verdicts).select_from(with_addresses(asked_of)))).one()
    return {reason for reason, holds in zip(holding, row, strict=True) if holds}


async def find_sales(connection: AsyncConnection, rules: Rules, customer_id: int) -> list[AnyRow]:
    """(external_id, sold_at, state) of a customer's sales in the window, the foremost first."""
    sales = candidates_sales(replace(rules, customers=(customer_id,)))
    state = func.min(sales.c.state).label("state")
    found = await connection.execute(
        select(Sale.external_id, Sale.sold_at, state)
        .join(sales, sales.c.id == Sale.id)
        .group_by(Sale.id, Sale.external_id, Sale.sold_at)
        .order_by(state, Sale.sold_at.desc(), Sale.id.desc())
    )
    return list(found.all())


async def find_latest_sale(connection: AsyncConnection, customer_id: int) -> AnyRow | None:
    """(external_id, sold_at) of the newest sale that is no return, or None."""
    kept = Sale.amount >= literal_column("0")
    found = await connection.execute(
        select(Sale.external_id, Sale.sold_at)
        .where(Sale.customer_id == customer_id, kept)
        .order_by(Sale.sold_at.desc(), Sale.id.desc())
        .limit(1)
    )
    return found.one_or_none()


async def find_candidate(connection: AsyncConnection, customer_id: int) -> AnyRow | None:
    """The customer's row in the table of candidates, or None."""
    return (await connection.execute(select(CANDIDATE).where(CANDIDATE.c.customer_id == customer_id))).one_or_none()


async def find_first(connection: AsyncConnection, candidate: AnyRow) -> str | None:
    """The number of the eligible candidate who shares an address with this one and comes first."""
    shared = or_(
        CANDIDATE.c.email_address_id == candidate.email_address_id,
        CANDIDATE.c.phone_address_id == candidate.phone_address_id,
    )
    found = await connection.execute(
        select(Customer.external_id)
        .join(CANDIDATE, CANDIDATE.c.customer_id == Customer.id)
        .where(shared, CANDIDATE.c.place < candidate.place)
        .where(or_(CANDIDATE.c.reason.is_(None), CANDIDATE.c.reason == candidate.reason))
        .order_by(CANDIDATE.c.place)
        .limit(1)
    )
    return found.scalar_one_or_none()


async def find_position(connection: AsyncConnection, customer_id: int) -> int | None:
    """Which in the daily round's order, from 1, the customer is of those eligible; None where not eligible."""
    position = func.row_number().over(order_by=NEWEST_FIRST).label("position")
    line = select(CANDIDATE.c.customer_id, position).where(CANDIDATE.c.reason.is_(None)).subquery("line")
    found = await connection.execute(select(line.c.position).where(line.c.customer_id == customer_id))
    return found.scalar_one_or_none()
