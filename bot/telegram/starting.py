"""/start: a chat joins its customer by the token of a link, or a stranger is told what this is."""

from telegram import ReplyKeyboardRemove

from bot.telegram.digest_views import show_linked
from bot.telegram.explaining import greet_staff
from bot.telegram.keyboard import question_keyboard
from bot.telegram.menus import queue_menu
from bot.telegram.recognising import phone_keyboard
from bot.telegram.referring import take_friend
from bot.telegram.turn import Turn
from scheduler.answering import NotYours, UnknownInvitation
from scheduler.contacting import chat_unblocked, join_chat, opt_in, owner_of_chat
from scheduler.looking_up import look_up


async def start(turn: Turn, argument: str) -> None:
    """Who presses Start wants to be asked: an earlier /stop and a block are taken back.

    :param argument: the token of the link; empty where the person came without one
    """
    if not argument:
        await _greet(turn)
    elif not (await show_linked(turn, argument) or await take_friend(turn, argument)):
        await _join(turn, argument)


async def _join(turn: Turn, token: str) -> None:
    try:
        joined = await join_chat(turn.connection, token=token, chat=turn.chat, now=turn.now)
    except UnknownInvitation:
        await turn.say((await turn.voice_of_chat()).link_is_dead())
        return
    except NotYours:
        await turn.say((await turn.voice_of_chat()).link_is_not_yours())
        return
    await opt_in(turn.connection, chat=turn.chat)
    voice = turn.voice(joined.language)
    if joined.token is None:
        await turn.say(voice.welcome(), ReplyKeyboardRemove())
        return
    asked = await look_up(turn.connection, turn.policy, token=joined.token, now=turn.now)
    await turn.say(voice.question(asked.texts), question_keyboard(joined.token, voice.language))


async def _offer_menu(turn: Turn) -> None:
    """Staff who had not written to the bot before could not be offered their commands."""
    if turn.author is not None and turn.is_from_staff:
        rights, language = turn.staff.rights_of(turn.author.id), turn.company.language
        await queue_menu(turn.connection, turn.author.id, rights, language=language, cause=turn.cause, now=turn.now)


async def _greet(turn: Turn) -> None:
    await _offer_menu(turn)
    await chat_unblocked(turn.connection, chat=turn.chat)
    await opt_in(turn.connection, chat=turn.chat)
    if turn.is_from_staff:
        await greet_staff(turn)
        return
    owner = await owner_of_chat(turn.connection, chat=turn.chat)
    voice = turn.voice_for(owner)
    if owner:
        await turn.say(voice.welcome(), ReplyKeyboardRemove())
    else:
        await turn.say(voice.welcome_stranger(), phone_keyboard(voice))
