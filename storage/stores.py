"""The shop's stores, as its sales and its public links name them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from storage.models import Counter, Response, Sale


def of_store(sale_id: Any, store: str) -> ColumnElement[bool]:
    """That a column names a sale of this store."""
    sale = aliased(Sale)  # whoever asks may have joined sales already
    return exists().where(sale.id == sale_id, sale.store == store)


def store_of_answer() -> ColumnElement[str | None]:
    """Where an answer's sale was, or where the public link hangs; both tables are joined."""
    return func.coalesce(Sale.store, func.nullif(Counter.store, ""))


def answered_in(store: str) -> ColumnElement[bool]:
    """Of an answer: it is about a sale of this store, or came by its public link."""
    hangs_there = exists().where(Counter.id == Response.counter_id, Counter.store == store)
    return or_(of_store(Response.sale_id, store), and_(Response.sale_id.is_(None), hangs_there))


async def unknown_stores(connection: AsyncConnection, stores: Collection[str]) -> list[str]:
    """Those of them that no sale names: most likely misspelt."""
    known = set((await connection.execute(select(Sale.store).where(Sale.store.in_(stores)).distinct())).scalars())
    return [store for store in stores if store not in known]
