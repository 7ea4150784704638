"""Random keys of this database's own, made at need and kept: whoever has one can sign what others only repeat."""

import secrets

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Secret
from storage.upserts import insert_into


async def ensure_key(connection: AsyncConnection, name: str) -> str:
    """64 hexadecimal digits, always the same."""
    fresh = insert_into(connection, Secret).values(name=name, value=secrets.token_hex(32))
    await connection.execute(fresh.on_conflict_do_nothing())
    key = await find_key(connection, name)
    assert key is not None
    return key


async def find_key(connection: AsyncConnection, name: str) -> str | None:
    """The key, or None: nobody has needed it yet."""
    return (await connection.execute(select(Secret.value).where(Secret.name == name))).scalar_one_or_none()


async def renew_key(connection: AsyncConnection, name: str) -> str:
    """Another key; what the one before signed holds no longer."""
    await ensure_key(connection, name)
    renewed = update(Secret).where(Secret.name == name).values(value=secrets.token_hex(32))
    return (await connection.execute(renewed.returning(Secret.value))).scalar_one()
