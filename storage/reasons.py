"""The reasons that are ticked on an answer."""

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Response

REASONS = select(Response.reasons).where(Response.id == bindparam("of"))  # read with every answer: built once


async def reasons_of(connection: AsyncConnection, response_id: int) -> list[str]:
    """Their keys, in the shop's order."""
    return list((await connection.execute(REASONS, {"of": response_id})).scalar_one() or ())


async def set_reasons(connection: AsyncConnection, response_id: int, keys: Sequence[str]) -> None:
    """Puts these in place of all others."""
    values = {"reasons": list(keys) or None}
    await connection.execute(update(Response).where(Response.id == response_id).values(values))


async def keep_only(connection: AsyncConnection, response_id: int, fitting: Collection[str]) -> None:
    """Takes off what does not fit a changed score."""
    ticked = await reasons_of(connection, response_id)
    kept = [key for key in ticked if key in fitting]
    if kept != ticked:
        await set_reasons(connection, response_id, kept)
