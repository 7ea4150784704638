"""What an audience can be chosen from: stores and product groups of the latest sales, the busiest first."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Sale, SaleLine

LOOKED_AT = 10_000  # sales: the answer comes at once however many there are


async def busiest_stores(connection: AsyncConnection, limit: int) -> list[str]:
    """Names."""
    latest = select(Sale.store).order_by(Sale.sold_at.desc()).limit(LOOKED_AT).subquery()
    names = (
        select(latest.c.store)
        .where(latest.c.store.is_not(None))
        .group_by(latest.c.store)
        .order_by(func.count().desc(), latest.c.store)
        .limit(limit)
    )
    return [name for name in (await connection.execute(names)).scalars() if name]


async def busiest_groups(connection: AsyncConnection, limit: int) -> list[str]:
    """Names of product groups."""
    latest = select(Sale.id).order_by(Sale.sold_at.desc()).limit(LOOKED_AT).subquery()
    names = (
        select(SaleLine.product_group)
        .join(latest, latest.c.id == SaleLine.sale_id)
        .where(SaleLine.product_group.is_not(None))
        .group_by(SaleLine.product_group)
        .order_by(func.count().desc(), SaleLine.product_group)
        .limit(limit)
    )
    return [name for name in (await connection.execute(names)).scalars() if name]
