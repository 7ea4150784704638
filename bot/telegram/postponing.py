"""The ways out under a question: not now, and never again."""

from telegram import CallbackQuery, InlineKeyboardMarkup, Message

from bot.telegram.keyboard import NEVER, NOT_NOW, score_keyboard
from bot.telegram.turn import Toast, Turn
from scheduler.answering import NotYours, UnknownInvitation
from scheduler.postponing import AlreadyAnswered, put_off, refuse


async def take_not_now(turn: Turn, query: CallbackQuery) -> Toast:
    """Puts the question off; the scores stay, for whoever finds a minute after all."""
    token = (query.data or "").removeprefix(NOT_NOW)
    try:
        off = await put_off(turn.connection, turn.policy, token=token, chat=turn.chat, now=turn.now)
    except (UnknownInvitation, NotYours):
        return Toast(text=(await turn.voice_of_chat()).button_is_dead(), is_alert=True)
    except AlreadyAnswered:
        return Toast(text=(await turn.voice_of_chat()).already_answered())
    voice = turn.voice(off.language)
    await _show(turn, query, voice.put_off(turn.company.local_day(off.until)), score_keyboard(token))
    return Toast(text=voice.as_you_like())


async def take_never(turn: Turn, query: CallbackQuery) -> Toast:
    """The same as /stop; the buttons go."""
    token = (query.data or "").removeprefix(NEVER)
    try:
        language = await refuse(turn.connection, token=token, chat=turn.chat, now=turn.now)
    except (UnknownInvitation, NotYours):
        return Toast(text=(await turn.voice_of_chat()).button_is_dead(), is_alert=True)
    voice = turn.voice(language)
    await _show(turn, query, voice.stopped(), None)
    return Toast(text=voice.as_you_like())


async def _show(turn: Turn, query: CallbackQuery, line: str, keyboard: InlineKeyboardMarkup | None) -> None:
    """Puts a line under the question, or says it where Telegram no longer shows the bot what stood there."""
    if isinstance(query.message, Message) and query.message.text is not None:
        text = (await turn.voice_of_chat()).marked(query.message.text, line)
        await turn.edit(query.message.message_id, text, keyboard)
    else:
        await turn.say(line)
