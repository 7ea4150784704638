"""How members of staff call themselves in Telegram, as their updates tell."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import StaffName
from storage.upserts import insert_into


async def remember_name(connection: AsyncConnection, user_id: str, name: str, now: datetime) -> None:
    """Keeps the name of today; writes only where it is new."""
    statement = insert_into(connection, StaffName).values(user_id=user_id, name=name, seen_at=now)
    is_new = StaffName.name != name
    renewed = statement.on_conflict_do_update(
        index_elements=["user_id"], set_={"name": name, "seen_at": now}, where=is_new
    )
    await connection.execute(renewed)


async def names_of(connection: AsyncConnection, user_ids: Collection[str]) -> dict[str, str]:
    """{user id: name} of those whose name is known, by name."""
    known = select(StaffName.user_id, StaffName.name).where(StaffName.user_id.in_(user_ids)).order_by(StaffName.name)
    return {row.user_id: row.name for row in await connection.execute(known)}


async def known_ids(connection: AsyncConnection) -> frozenset[int]:
    """Everybody who ever did something as staff."""
    return frozenset(int(one) for one in (await connection.execute(select(StaffName.user_id))).scalars())
