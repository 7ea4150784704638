"""/forget: asks once more, then everything about the person is erased."""

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup

from bot.telegram.turn import Toast, Turn
from scheduler.contacting import owner_of_chat
from scheduler.erasing import forget_chat

FORGET = "f:"  # begins the data of its buttons
YES, NO = f"{FORGET}yes", f"{FORGET}no"


async def ask_to_forget(turn: Turn, _argument: str) -> None:
    """`/forget`: what it means, and two buttons."""
    voice = await turn.voice_of_chat()
    yes, no = voice.forget_buttons()
    keyboard = InlineKeyboardMarkup(
        [[InlineKeyboardButton(yes, callback_data=YES)], [InlineKeyboardButton(no, callback_data=NO)]]
    )
    await turn.say(voice.forget_question(), keyboard)


async def take_forget(turn: Turn, query: CallbackQuery) -> Toast:
    """The last word. What is said then is said at once and kept nowhere: nothing of the person may be left."""
    owner = await owner_of_chat(turn.connection, chat=turn.chat)
    voice = turn.voice_for(owner)
    if query.data == YES and turn.author is not None and turn.chat == str(turn.author.id):
        await forget_chat(turn.connection, chat=turn.chat, now=turn.now)
        stands_in = query.message.message_id if query.message is not None else None
        return Toast(text=voice.forgotten(), is_alert=True, stands_in=stands_in)
    if query.data == NO and query.message is not None:
        await turn.edit(query.message.message_id, voice.not_forgotten(), None)
        return Toast(text=voice.as_you_like())
    return Toast(text=voice.button_is_dead(), is_alert=True)
