"""Public links, one a store: made at need, renewed, found by their token."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.functions import new_token
from storage.models import Counter
from storage.upserts import insert_into

AnyRow = Row[*tuple[Any, ...]]


async def ensure_counter(connection: AsyncConnection, store: str, now: datetime) -> str:
    """The token of a store's public link, made at need: always the same."""
    fresh = insert_into(connection, Counter).values(store=store, token=new_token(), created_at=now)
    await connection.execute(fresh.on_conflict_do_nothing(index_elements=["store"]))
    return (await connection.execute(select(Counter.token).where(Counter.store == store))).scalar_one()


async def renew_counter(connection: AsyncConnection, store: str) -> None:
    """Gives a store's link, if there is one, another token: what was printed before leads nowhere."""
    await connection.execute(update(Counter).where(Counter.store == store).values(token=new_token()))


async def find_counter(connection: AsyncConnection, token: str) -> AnyRow | None:
    """(id, store) of a public link, or None."""
    found = await connection.execute(select(Counter.id, Counter.store).where(Counter.token == token))
    return found.one_or_none()
