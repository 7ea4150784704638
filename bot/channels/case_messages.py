"""Cases in the staff's groups: a card edited in place, notices and files as replies to it, in a forum in its topic."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from telegram import Bot, ForceReply, InlineKeyboardMarkup, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden

from bot.telegram.refusals import is_nothing_to_copy, is_same_already, is_topic_gone, is_unchangeable
from storage.attachments import Place

T = TypeVar("T")


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


@dataclass(frozen=True, kw_only=True)
class FilePost:
    """A file that a customer sent."""

    place: Place | None  # where it can be copied from; None: nowhere any more
    card_id: int | None  # the message that it is shown under
    gone: str  # what is said where it cannot be shown


async def say_in_topic(bot: Bot, chat: str, text: str, topic: int | None, **options: Any) -> Message:
    """Sends a message; where the topic was deleted, into the group itself."""
    return await _in_topic(topic, lambda there: bot.send_message(chat, text, message_thread_id=there, **options))


async def _in_topic(topic: int | None, send: Callable[[int | None], Awaitable[T]]) -> T:
    try:
        return await send(topic)
    except BadRequest as error:
        if topic is None or not is_topic_gone(error):
            raise
        return await send(None)


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


async def show_file(bot: Bot, chat: str, topic: int | None, file: FilePost) -> str:
    """Copies it under the card, or says there that it is gone; returns its message's id."""
    under, place = reply_to(file.card_id), file.place
    if place is not None:
        copy = partial(bot.copy_message, chat, place.chat, place.message_id, reply_parameters=under)
        try:
            return str((await _in_topic(topic, lambda there: copy(message_thread_id=there))).message_id)
        except (BadRequest, Forbidden) as error:
            if not is_nothing_to_copy(error):
                raise
    return str((await say_in_topic(bot, chat, file.gone, topic, reply_parameters=under)).message_id)


async def ask_for_note(bot: Bot, chat: str, payload: dict[str, Any]) -> str:
    """Words that staff are to reply to."""
    sent = await say_in_topic(
        bot, chat, payload["text"], payload.get("topic"), reply_markup=ForceReply(selective=False)
    )  # fmt: skip
    return str(sent.message_id)


def reply_to(message_id: int | str | None) -> ReplyParameters | None:
    """Whatever was deleted meanwhile is replied to all the same."""
    return ReplyParameters(int(message_id), allow_sending_without_reply=True) if message_id else None
