"""Messages of a target that has another name, or another place, than they were queued with."""

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import OutboxMessage
from storage.outbox import begins
from storage.statuses import OutboxStatus


async def move_target(connection: AsyncConnection, *, channel: str, old: str, new: str) -> None:
    """What still waits for a target is told to another one."""
    waiting = (
        OutboxMessage.status == OutboxStatus.QUEUED,
        OutboxMessage.channel == channel,
        OutboxMessage.target == old,
    )
    await connection.execute(update(OutboxMessage).where(*waiting).values(target=new))


async def name_target(connection: AsyncConnection, *, channel: str, name: str, new: str, prefix: str) -> None:
    """What was told, or waits to be, under another name of the same target is that target's, by their keys' beginning.

    :param name: in lower case; a target's own capitals don't matter
    """
    its = (begins(prefix), OutboxMessage.channel == channel, func.lower(OutboxMessage.target) == name)
    await connection.execute(update(OutboxMessage).where(*its).values(target=new))
