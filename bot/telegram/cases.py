"""Cases in the staff's groups: a tap on a card, a reply to it, the note on what was done, the list."""

from functools import partial

from telegram import CallbackQuery, Chat, Message

from bot.reports.case_card import list_text, recovery_text
from bot.reports.case_customer import NAME_SHOWN
from bot.telegram import CHANNEL
from bot.telegram.case_actions import NOTE_KEY, DeadButton, NobodyElse, NothingToShow, act
from bot.telegram.case_buttons import PREFIX, read_case_tap
from bot.telegram.command_words import looks_like_command
from bot.telegram.correspondence import write_to_customer
from bot.telegram.lengths import fit
from bot.telegram.moves import remember_name
from bot.telegram.staff import person
from bot.telegram.turn import Toast, Turn
from bot.texts import translator
from scheduler import closing
from scheduler.carding import case_of_key
from scheduler.closing import CaseMoved, NoSuchCase, TakenAlready
from scheduler.figures.recovery import read_recovery
from storage import cases, outbox

__all__ = ["PREFIX", "list_cases", "take_case_reply", "take_case_tap"]

LISTED = 30  # cases in the list


async def take_case_tap(turn: Turn, query: CallbackQuery) -> Toast:
    """Does what the button says, where the person is staff and the case still stands there."""
    _ = translator(turn.company.language)
    if not turn.staff.may_close(query.from_user):
        return Toast(text=_("Only managers and admins can do that."), is_alert=True)
    tap = read_case_tap(query.data)
    try:
        if tap is None:
            raise DeadButton
        await act(turn, query, tap)
    except TakenAlready as taken:
        return Toast(text=_has_it(turn, query, taken), is_alert=not _is_theirs(query, taken))
    except CaseMoved:
        return Toast(text=_("Somebody was quicker: look at the card again."))
    except (DeadButton, NoSuchCase, NobodyElse, NothingToShow) as error:
        return Toast(text=_refusal(type(error), turn.company.language), is_alert=True)
    quiet = dict.fromkeys(("who", "later", "menu"), "")
    said = quiet | {"files": _("It will be under the card in a moment.")}
    return Toast(text=said.get(tap.action, _("Done.")))


def _has_it(turn: Turn, query: CallbackQuery, taken: TakenAlready) -> str:
    _ = translator(turn.company.language)
    if _is_theirs(query, taken):
        return _("You see to this case already.")
    owner = fit(taken.name or "—", NAME_SHOWN)
    return _("{name} sees to this case. To take it over, tap “Hand over…” on the card.").format(name=owner)


def _is_theirs(query: CallbackQuery, taken: TakenAlready) -> bool:
    return taken.owner == str(query.from_user.id)


def _refusal(why: type[Exception], language: str) -> str:
    _ = translator(language)
    return {
        DeadButton: _("This button no longer works."),
        NoSuchCase: _("This case is no longer there."),
        NobodyElse: _("There is nobody else whom I know by name yet: a colleague becomes known by writing to me once."),
        NothingToShow: _("There is no file any more."),
    }[why]


async def take_case_reply(turn: Turn, message: Message) -> bool:
    """A reply to what the bot said of a case: the note that was asked for, or words for the customer.

    False: it was no such reply. Others than those who see to cases are told that it goes nowhere.
    """
    if message.reply_to_message is None:
        return False
    key = await _key_of(turn, message.chat, message.reply_to_message)
    case_id = case_of_key(key)
    if case_id is None or key is None or message.from_user is None:
        return False
    if not turn.staff.may_close(message.from_user):
        _ = translator(turn.company.language)
        refused = _("Only managers and admins can do that: nothing was passed on.")
        await turn.say(refused, reply_to=message.message_id)
    elif looks_like_command(message.text or ""):
        _ = translator(turn.company.language)
        refused = _("That looks like a command: nothing was passed on to the customer.")
        await turn.say(refused, reply_to=message.message_id)
    elif not key.startswith(NOTE_KEY):
        await write_to_customer(turn, message, case_id)
    elif words := message.text or message.caption:
        await closing.note(turn.connection, case_id, words, person(message.from_user), turn.now)
    else:
        _ = translator(turn.company.language)
        await turn.say(
            _("Not written down: only words are kept. Please reply to that message once more, in text."),
            reply_to=message.message_id,
        )
    return True


async def _key_of(turn: Turn, chat: Chat, asked: Message) -> str | None:
    """The key of a message of ours, also where it was told to the chat's public name."""
    find = partial(
        outbox.find_key, turn.connection, channel=CHANNEL, target=turn.chat, reference=str(asked.message_id)
    )  # fmt: skip
    key, name = await find(), f"@{chat.username or ''}".lower()
    is_ours = turn.groups is None or name in turn.groups
    if key is not None or not chat.username or not is_ours or asked.from_user is None or not asked.from_user.is_bot:
        return key
    await remember_name(turn.connection, name, turn.chat, turn.now)
    return await find()


async def list_cases(turn: Turn, _argument: str) -> None:
    """`/cases`: what is open, for staff; others are told what this chat is for."""
    ids = await cases.unresolved(turn.connection, LISTED)
    cards = [await closing.card_of(turn.connection, case_id) for case_id in ids]
    total = await cases.count_unresolved(turn.connection)
    recovery = await read_recovery(turn.connection, turn.now)
    lines = [list_text(cards, total, turn.company, turn.now), recovery_text(recovery, turn.company.language)]
    await turn.say("\n\n".join(filter(None, lines)))
