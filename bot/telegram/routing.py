"""Which handler an update belongs to."""

from collections.abc import Awaitable, Callable, Mapping

from telegram import Chat, Message, Update

from bot.telegram import CHANNEL
from bot.telegram.attaching import read_file, take_file
from bot.telegram.blocking import note_standing
from bot.telegram.campaigns.entry import open_campaigns
from bot.telegram.campaigns.typing import take_words
from bot.telegram.cases import PREFIX as CASE_PREFIX
from bot.telegram.cases import list_cases, take_case_reply, take_case_tap
from bot.telegram.command_words import command_name, looks_like_command, split_command
from bot.telegram.correspondence import take_reply_of_customer
from bot.telegram.desk import help_staff, show_digest, tell_status
from bot.telegram.explaining import help_customer, say_what_there_is
from bot.telegram.forgetting import ask_to_forget
from bot.telegram.pausing import pause, resume
from bot.telegram.recognising import take_contact
from bot.telegram.scores import tell_score
from bot.telegram.scoring import take_reason_of_score, write_score
from bot.telegram.showing import show_mydata
from bot.telegram.speaking import ask_language
from bot.telegram.staff import COMMAND_RIGHTS, person
from bot.telegram.staff_commands import manage_staff
from bot.telegram.staff_dialogue import take_person
from bot.telegram.starting import start
from bot.telegram.stopping import stop
from bot.telegram.survey import ask_for_words, take_text
from bot.telegram.tapping import take_button
from bot.telegram.turn import Toast, Turn
from bot.texts import translator
from storage.attachments import Attachment
from storage.chat_moves import follow_moves, note_move
from storage.staff_names import remember_name

Command = Callable[[Turn, str], Awaitable[None]]

COMMANDS: Mapping[str, Command] = {
    "forget": ask_to_forget,
    "help": help_customer,
    "language": ask_language,
    "mydata": show_mydata,
    "start": start,
    "stop": stop,
}
STAFF_COMMANDS: Mapping[str, Command] = {  # in their group or in private; nothing to anybody else
    "campaign": open_campaigns,
    "cases": list_cases,
    "digest": show_digest,
    "help": help_staff,
    "nps": tell_score,
    "pause": pause,
    "resume": resume,
    "score": write_score,
    "staff": manage_staff,
    "status": tell_status,
}


async def route(turn: Turn, update: Update) -> Toast | None:
    """Lets the right handler work; the toast is for the person who tapped.

    Groups are listened to for staff's taps, replies and commands alone, channels not at all.
    """
    await _remember_staff(turn)
    if update.callback_query is not None:
        is_case = (update.callback_query.data or "").startswith(CASE_PREFIX)
        return await (take_case_tap if is_case else take_button)(turn, update.callback_query)
    if update.message is not None and update.message.chat.type in (Chat.GROUP, Chat.SUPERGROUP):
        await _route_group(turn, update.message)
    elif update.message is not None and update.message.chat.type == Chat.PRIVATE:
        await _route_message(turn, update.message)
    elif update.my_chat_member is not None and update.my_chat_member.chat.type == Chat.PRIVATE:
        await note_standing(turn, update.my_chat_member)
    return None


def cause_of(update: Update) -> str:
    """Names an update in the keys of what follows from it, by what Telegram never numbers twice.

    An album comes as many messages, and is one cause.
    """
    if update.callback_query is not None:
        return f"tap:{update.callback_query.id}"
    if update.message is not None:
        message = update.message
        named = f"album:{message.media_group_id}" if message.media_group_id else str(message.message_id)
        return f"message:{message.chat.id}:{named}"
    return f"update:{update.update_id}"


def topic_of(update: Update) -> int | None:
    """The topic of a forum in which something was said or tapped; None: there is none."""
    message = update.effective_message
    return message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None


async def _remember_staff(turn: Turn) -> None:
    """By their names a case is handed over to them, and whoever is dismissed loses their menu."""
    if turn.author is not None and turn.is_from_staff:
        who = person(turn.author)
        await remember_name(turn.connection, who.id, who.name, turn.now)


async def _route_group(turn: Turn, message: Message) -> None:
    if message.migrate_to_chat_id is not None:
        await note_move(
            turn.connection, channel=CHANNEL, old=turn.chat, new=str(message.migrate_to_chat_id), now=turn.now
        )
        return
    word, argument = split_command(message.text or "")
    name = command_name(word)
    if name in STAFF_COMMANDS and turn.staff.is_staff(message.from_user):
        await (_obey(turn, message, name, argument) if await _is_our_group(turn, message) else _point_home(turn))
    elif not await take_case_reply(turn, message):
        await take_reason_of_score(turn, message)


async def _is_our_group(turn: Turn, message: Message) -> bool:
    """Whether the settings name it, by its number, an earlier one or its public name: others may have strangers in."""
    if turn.groups is None or turn.chat in turn.groups or f"@{message.chat.username or ''}".lower() in turn.groups:
        return True
    return turn.chat in [await follow_moves(turn.connection, one) for one in turn.groups]


async def _point_home(turn: Turn) -> None:
    _ = translator(turn.company.language)
    await turn.say(_("This group is not among the shop's own in my settings: write to me in our private chat."))


async def _route_message(turn: Turn, message: Message) -> None:
    if await take_person(turn, message):
        return
    if message.contact is not None:
        await take_contact(turn, message)
    elif text := message.text or message.caption:
        await _route_words(turn, message, text)
    elif file := read_file(message):
        await _route_file(turn, message, file)
    elif message.effective_attachment is not None:  # not for what the chat itself reports, as a pinned message
        await ask_for_words(turn)


async def _route_words(turn: Turn, message: Message, text: str) -> None:
    word, argument = split_command(text)
    name = command_name(word)
    if name in STAFF_COMMANDS and turn.staff.is_staff(message.from_user):
        await _obey(turn, message, name, argument)
    elif name in COMMANDS:
        await COMMANDS[name](turn, argument)
    elif file := read_file(message):
        await _route_file(turn, message, file)
    elif looks_like_command(word):
        await say_what_there_is(turn)
    elif not await _is_reply(turn, message, text):
        await take_text(turn, message, text)


async def _is_reply(turn: Turn, message: Message, text: str) -> bool:
    """Words that belong to something said before: of staff to a case, a score or a dialogue, of a customer to the
    shop's answer."""
    return (
        await take_case_reply(turn, message)
        or await take_reason_of_score(turn, message)
        or await take_words(turn, text)
        or await take_reply_of_customer(turn, message, text)
    )


async def _route_file(turn: Turn, message: Message, file: Attachment) -> None:
    if await take_case_reply(turn, message):
        return
    if not await take_reply_of_customer(turn, message, message.caption or "", file):
        await take_file(turn, message, file)


async def _obey(turn: Turn, message: Message, name: str, argument: str) -> None:
    if turn.staff.may(message.from_user, COMMAND_RIGHTS[name]):
        await STAFF_COMMANDS[name](turn, argument)
    else:
        _ = translator(turn.company.language)
        await turn.say(_("That is not among what your role may do: see /help, or ask an admin."))
