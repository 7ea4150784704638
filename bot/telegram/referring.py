"""/start by a customer's link for friends: the newcomer is greeted, and asked for the number by which to know them."""

from telegram import ReplyKeyboardRemove

from bot.telegram.newcomers import newcomer_greeting
from bot.telegram.recognising import phone_keyboard
from bot.telegram.turn import Turn
from scheduler.referring import come_by_link


async def take_friend(turn: Turn, token: str) -> bool:
    """False: the token is no such link's."""
    came = await come_by_link(turn.connection, turn.company, token=token, chat=turn.chat, now=turn.now)
    voice = await turn.voice_of_chat()
    if came:
        await turn.say(voice.headed(newcomer_greeting(voice.language)), phone_keyboard(voice))
    elif came is False:
        await turn.say(voice.welcome(), ReplyKeyboardRemove())
    return came is not None
