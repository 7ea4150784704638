"""Groups that became supergroups: the settings still name the old id, everything is told under the new one."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Case, ChatMove
from storage.outbox import move_target
from storage.upserts import insert_into

MOST_MOVES = 5  # a group moves once in its life; a circle must not hold us


async def note_move(connection: AsyncConnection, *, channel: str, old: str, new: str, now: datetime) -> None:
    """Remembers it for good; what waits for the old one is told to the new one."""
    row = {"old": old, "new": new, "at": now}
    statement = insert_into(connection, ChatMove).values(**row)
    await connection.execute(statement.on_conflict_do_update(index_elements=["old"], set_={"new": new, "at": now}))
    await connection.execute(update(Case).where(Case.chat == old).values(chat=new, topic=None))
    await move_target(connection, channel=channel, old=old, new=new)


async def follow_moves(connection: AsyncConnection, chat: str) -> str:
    """Where the chat is now."""
    for _ in range(MOST_MOVES):
        moved = await connection.execute(select(ChatMove.new).where(ChatMove.old == chat))
        chat, before = moved.scalar_one_or_none() or chat, chat
        if chat == before:
            break
    return chat
