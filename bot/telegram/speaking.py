"""/language: in which language the bot speaks with this person."""

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup

from bot.telegram.turn import Toast, Turn
from bot.texts import LANGUAGES
from scheduler.contacting import choose_language, owner_of_chat

LANGUAGE = "l:"  # begins the data of its buttons: l:ru
OWN_NAMES = {"ru": "Русский", "en": "English"}  # as whoever speaks them finds them


async def ask_language(turn: Turn, _argument: str) -> None:
    """`/language`: a button for each; a stranger is told how to be known first."""
    owner = await owner_of_chat(turn.connection, chat=turn.chat)
    voice = turn.voice_for(owner)
    await turn.say(voice.which_language() if owner else voice.welcome_stranger(), _keyboard() if owner else None)


async def take_language(turn: Turn, query: CallbackQuery) -> Toast:
    """Kept with the customer, and spoken from now on."""
    language = (query.data or "").removeprefix(LANGUAGE)
    known = language in LANGUAGES
    if not known or not await choose_language(turn.connection, chat=turn.chat, language=language, now=turn.now):
        return Toast(text=(await turn.voice_of_chat()).button_is_dead(), is_alert=True)
    voice = turn.voice(language)
    if query.message is not None:
        await turn.edit(query.message.message_id, voice.speaks(), None)
    return Toast(text=voice.as_you_like())


def _keyboard() -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(OWN_NAMES[one], callback_data=f"{LANGUAGE}{one}") for one in LANGUAGES]]
    )
