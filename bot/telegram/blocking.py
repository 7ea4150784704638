"""Blocked and unblocked: Telegram tells at once, so nobody has to find out by being refused."""

from telegram import ChatMember, ChatMemberUpdated

from bot.telegram.turn import Turn
from scheduler.contacting import chat_blocked, chat_unblocked


async def note_standing(turn: Turn, change: ChatMemberUpdated) -> None:
    """Notes whether the person can still be reached."""
    match change.new_chat_member.status:
        case ChatMember.BANNED | ChatMember.LEFT:
            await chat_blocked(turn.connection, chat=turn.chat, now=turn.now)
        case ChatMember.MEMBER:
            await chat_unblocked(turn.connection, chat=turn.chat)
