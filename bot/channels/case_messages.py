"""Cases in the staff's groups: a card edited in place, notices as replies to it, in a forum's topic where it is one."""

from dataclasses import dataclass
from typing import Any

from telegram import Bot, ForceReply, InlineKeyboardMarkup, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.telegram.refusals import is_same_already, is_topic_gone, is_unchangeable


@dataclass(frozen=True, kw_only=True)
class CardPost:
    """A case as Telegram shows it."""

    text: str  # Telegram's HTML
    keyboard: InlineKeyboardMarkup | None
    message_id: int | None  # of the card that is there already


@dataclass(frozen=True, kw_only=True)
class NoticePost:
    """Something to be said about a case."""

    text: str  # Telegram's HTML
    card_id: int | None  # the message that it replies to


async def say_in_topic(bot: Bot, chat: str, text: str, topic: int | None, **options: Any) -> Message:
    """Sends a message; where the topic was deleted, into the group itself."""
    try:
        return await bot.send_message(chat, text, message_thread_id=topic, **options)
    except BadRequest as error:
        if topic is None or not is_topic_gone(error):
            raise
        return await bot.send_message(chat, text, **options)


async def show_card(bot: Bot, chat: str, topic: int | None, card: CardPost) -> str:
    """Edits the card that is there; where it is gone or too old, a new one replies to it. Returns its message's id."""
    look: dict[str, Any] = {"parse_mode": ParseMode.HTML, "reply_markup": card.keyboard}
    if card.message_id is not None:
        try:
            await bot.edit_message_text(card.text, chat, card.message_id, **look)
        except BadRequest as error:
            if not (is_same_already(error) or is_unchangeable(error)):
                raise
            if is_same_already(error):
                return str(card.message_id)
        else:
            return str(card.message_id)
    sent = await say_in_topic(bot, chat, card.text, topic, reply_parameters=reply_to(card.message_id), **look)
    return str(sent.message_id)


async def give_notice(bot: Bot, chat: str, topic: int | None, notice: NoticePost) -> str:
    """Says it under the card; returns its message's id."""
    sent = await say_in_topic(
        bot, chat, notice.text, topic, parse_mode=ParseMode.HTML, reply_parameters=reply_to(notice.card_id)
    )
    return str(sent.message_id)


async def ask_for_note(bot: Bot, chat: str, payload: dict[str, Any]) -> str:
    """Words that staff are to reply to."""
    sent = await say_in_topic(
        bot, chat, payload["text"], payload.get("topic"), reply_markup=ForceReply(selective=False)
    )  # fmt: skip
    return str(sent.message_id)


def reply_to(message_id: int | str | None) -> ReplyParameters | None:
    """Whatever was deleted meanwhile is replied to all the same."""
    return ReplyParameters(int(message_id), allow_sending_without_reply=True) if message_id else None
