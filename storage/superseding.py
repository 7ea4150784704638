"""Edits that wait for the same message: of several only the last is told."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import OutboxMessage
from storage.statuses import OutboxStatus


async def drop_superseded(
    connection: AsyncConnection, *, key: str, kinds: Collection[str], channel: str, target: str, message_id: int,
    is_whole: bool,
) -> None:  # fmt: skip
    """Forgets what was to be shown in a message before the edit of that key, and nobody has begun to tell.

    :param is_whole: it has words of its own; else those of an earlier one are still to be shown
    """
    given = {"key": key, "kinds": list(kinds), "channel": channel, "target": target, "message_id": message_id}
    await connection.execute(_superseded(is_whole), given)


@cache
def _superseded(is_whole: bool) -> Any:
    """Run with every tap, so it is built once."""
    payload = OutboxMessage.payload
    of_same = (
        OutboxMessage.channel == bindparam("channel"),
        OutboxMessage.target == bindparam("target"),
        OutboxMessage.kind.in_(bindparam("kinds", expanding=True)),
        OutboxMessage.key != bindparam("key"),
        payload["message_id"].as_integer() == bindparam("message_id"),
    )
    plain = () if is_whole else (payload["text"].as_string().is_(None),)
    return delete(OutboxMessage).where(
        OutboxMessage.status == OutboxStatus.QUEUED, OutboxMessage.leased_until.is_(None), *of_same, *plain
    )
