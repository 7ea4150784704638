"""The menu of commands in the private chat of somebody of the staff, changed with their role."""

from datetime import datetime

from bot.telegram import CHANNEL
from bot.telegram.presenting import staff_commands
from bot.telegram.staff import Right
from scheduler.outbox import MessageKind, queue_message
from storage.database import Connection


async def queue_menu(
    connection: Connection, user_id: int, rights: frozenset[Right], *, language: str, cause: str, now: datetime
) -> None:
    """In the transaction of its cause; without rights they see again what customers see."""
    commands = staff_commands(language, rights) if rights else {}
    await queue_message(
        connection, key=f"menu:{user_id}:{cause}", kind=MessageKind.MENU, channel=CHANNEL, target=str(user_id),
        payload={"commands": commands}, now=now,
    )  # fmt: skip
