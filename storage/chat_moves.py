"""Groups that are known by another id than the settings have: one that became a supergroup, one with a public name."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Case, ChatMove
from storage.retargeting import move_target, name_target
from storage.upserts import insert_into

MOST_MOVES = 5  # a group moves once in its life; a circle must not hold us


async def note_move(connection: AsyncConnection, *, channel: str, old: str, new: str, now: datetime) -> None:
    """Remembers it for good; what waits for the old one is told to the new one."""
    await _remember(connection, old, new, now)
    await connection.execute(update(Case).where(Case.chat == old).values(chat=new, topic=None))
    await move_target(connection, channel=channel, old=old, new=new)


async def note_name(
    connection: AsyncConnection, *, channel: str, name: str, chat: str, prefix: str, now: datetime
) -> None:
    """Remembers which group has a public name, and goes on calling it so when it has another.

    :param name: with its @; capitals don't matter
    :param prefix: of the keys of messages that may be replied to: those of the name count as told to the group
    """
    known = name.lower()
    await _remember(connection, known, chat, now)
    await connection.execute(update(Case).where(func.lower(Case.chat) == known).values(chat=chat))
    await name_target(connection, channel=channel, name=known, new=chat, prefix=prefix)


async def follow_moves(connection: AsyncConnection, chat: str) -> str:
    """Where the chat is now."""
    for _ in range(MOST_MOVES):
        moved = await connection.execute(select(ChatMove.new).where(ChatMove.old == chat.lower()))
        chat, before = moved.scalar_one_or_none() or chat, chat
        if chat == before:
            break
    return chat


async def _remember(connection: AsyncConnection, old: str, new: str, now: datetime) -> None:
    statement = insert_into(connection, ChatMove).values(old=old, new=new, at=now)
    await connection.execute(statement.on_conflict_do_update(index_elements=["old"], set_={"new": new, "at": now}))
