"""Answers of which nobody knows whose they are, each named by something unique: a page's visit, an order's number."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.erasing import was_erased
from storage.models import Customer, Response, Sale
from storage.upserts import insert_into

AnyRow = Row[*tuple[Any, ...]]


async def find_named(connection: AsyncConnection, name: Mapping[str, str], *, lock: bool = False) -> AnyRow | None:
    """The answer of that visit or order as it stands (its id also as response_id), or None; `lock` holds it.

    :param name: a unique column and its value
    """
    statement = select(Response.__table__, Response.id.label("response_id")).filter_by(**name)
    return (await connection.execute(statement.with_for_update() if lock else statement)).one_or_none()


async def hold_named(connection: AsyncConnection, name: Mapping[str, str], values: Mapping[str, Any]) -> int | None:
    """Stores the first answer of that name, without a version; None: there is one already."""
    fresh = insert_into(connection, Response).values(**name, **values)
    once = fresh.on_conflict_do_nothing(index_elements=list(name)).returning(Response.id)
    return (await connection.execute(once)).scalar_one_or_none()


async def find_tied(connection: AsyncConnection) -> list[int]:
    """Ids of the answers to orders that became known since: a sale's, or a sale's with its customer."""
    is_new = or_(Response.sale_id.is_(None), Sale.customer_id.is_not(None))
    waiting = (Response.customer_id.is_(None), Response.order_number.is_not(None))
    statement = select(Response.id).join(Sale, Sale.external_id == Response.order_number).where(*waiting, is_new)
    return list((await connection.execute(statement.order_by(Response.id))).scalars())


async def take_tied(connection: AsyncConnection, response_id: int) -> AnyRow | None:
    """Such an answer with its sale, held until the end; None: somebody else was quicker."""
    held = select(Response.id).where(Response.id == response_id, Response.customer_id.is_(None)).with_for_update()
    if (await connection.execute(held)).one_or_none() is None:
        return None
    columns = (Response.id, Response.suspect, Response.accepted_at, Response.answered_at)
    statement = select(*columns, Sale.id.label("sale_id"), Sale.customer_id, was_erased().label("is_erased"))
    joined = statement.join(Sale, Sale.external_id == Response.order_number).where(Response.id == response_id)
    joined = joined.outerjoin(Customer, Customer.id == Sale.customer_id)
    return (await connection.execute(joined)).one_or_none()


async def tie(connection: AsyncConnection, response_id: int, **values: Any) -> None:
    """Says whose answer it is, and to what."""
    await connection.execute(update(Response).where(Response.id == response_id).values(**values))
