"""A shared phone number: the chat of a person who came without a link joins their customer."""

from telegram import KeyboardButton, Message, ReplyKeyboardMarkup, ReplyKeyboardRemove

from bot.telegram.newcomers import number_is_kept
from bot.telegram.turn import Turn
from bot.telegram.voice import Voice
from scheduler.contacting import owner_of_chat
from scheduler.recognising import Awaited, Unrecognised, join_by_phone


def phone_keyboard(voice: Voice) -> ReplyKeyboardMarkup:
    """One button, with which a person shares their own number."""
    button = KeyboardButton(voice.share_number(), request_contact=True)
    return ReplyKeyboardMarkup([[button]], resize_keyboard=True, one_time_keyboard=True)


async def take_contact(turn: Turn, message: Message) -> None:
    """Only one's own number counts; of any other nothing is said, not even whether it is known."""
    voice = await turn.voice_of_chat()
    contact, author = message.contact, message.from_user
    if await owner_of_chat(turn.connection, chat=turn.chat):
        await turn.say(voice.welcome(), ReplyKeyboardRemove())
    elif contact is None or author is None or contact.user_id != author.id:
        await turn.say(voice.own_number_please(), phone_keyboard(voice))
    else:
        await _join(turn, contact.phone_number, voice)


async def _join(turn: Turn, phone: str, voice: Voice) -> None:
    try:
        joined = await join_by_phone(turn.connection, turn.company, phone=phone, chat=turn.chat, now=turn.now)
    except Awaited:
        await turn.say(number_is_kept(voice.language), ReplyKeyboardRemove())
    except Unrecognised:
        await turn.say(voice.number_is_unknown(), ReplyKeyboardRemove())
    else:
        await turn.say(turn.voice(joined.language).welcome(), ReplyKeyboardRemove())
