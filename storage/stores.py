"""The shop's stores, as its sales name them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from storage.models import Sale


def of_store(sale_id: Any, store: str) -> ColumnElement[bool]:
    """That a column names a sale of this store."""
    sale = aliased(Sale)  # whoever asks may have joined sales already
    return exists().where(sale.id == sale_id, sale.store == store)


async def unknown_stores(connection: AsyncConnection, stores: Collection[str]) -> list[str]:
    """Those of them that no sale names: most likely misspelt."""
    known = set((await connection.execute(select(Sale.store).where(Sale.store.in_(stores)).distinct())).scalars())
    return [store for store in stores if store not in known]
