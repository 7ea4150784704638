"""Cases in the staff's group: a card's buttons, the note on what was done, the list."""

from collections.abc import Awaitable, Callable

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.reports.case_card import list_text, note_request
from bot.telegram import CHANNEL
from bot.telegram.staff import person
from bot.telegram.turn import Toast, Turn
from bot.texts import translator
from scheduler import closing
from scheduler.closing import CaseMoved, NoSuchCase, Person
from scheduler.outbox import MessageKind, queue_message
from storage import cases, outbox
from storage.statuses import CaseStatus

PREFIX = "c:"  # of the data of a card's buttons: c:CASE:ACTION
NOTE_KEY = "case_note:"  # of the messages that ask for a note
LISTED = 30  # cases in the list

Action = Callable[[Turn, int, Person], Awaitable[None]]


def case_keyboard(case_id: int, status: CaseStatus, language: str) -> InlineKeyboardMarkup | None:
    """What can be done next; None: nothing."""
    _ = translator(language)
    words = {
        "take": _("I'll take it"),
        "contact": _("Contacted"),
        "resolve": _("Resolved"),
        "release": _("Give back"),
    }
    actions = {
        CaseStatus.OPEN: ("take", "contact", "resolve"),
        CaseStatus.TAKEN: ("contact", "resolve", "release"),
        CaseStatus.CONTACTED: ("resolve",),
        CaseStatus.RESOLVED: (),
    }[status]
    row = [InlineKeyboardButton(words[one], callback_data=f"{PREFIX}{case_id}:{one}") for one in actions]
    return InlineKeyboardMarkup([row]) if row else None


async def take_case_tap(turn: Turn, query: CallbackQuery) -> Toast:
    """Does what the button says, where the person is staff and the case still stands there."""
    _ = translator(turn.company.language)
    if not turn.staff.may_close(query.from_user):
        return Toast(text=_("Only managers and admins can do that."), is_alert=True)
    case_id, action = _read(query.data)
    if action is None:
        return Toast(text=_("This button no longer works."), is_alert=True)
    try:
        await action(turn, case_id, person(query.from_user))
    except NoSuchCase:
        return Toast(text=_("This case is no longer there."), is_alert=True)
    except CaseMoved:
        return Toast(text=_("Somebody was quicker: look at the card again."))
    return Toast(text=_("Done."))


async def take_note(turn: Turn, message: Message) -> bool:
    """Keeps a reply to the request for a note; False: it was no such reply, or not from staff."""
    if message.reply_to_message is None or not message.text or not turn.staff.may_close(message.from_user):
        return False
    asked = str(message.reply_to_message.message_id)
    key = await outbox.find_key(turn.connection, channel=CHANNEL, target=turn.chat, reference=asked)
    if key is None or not key.startswith(NOTE_KEY):
        return False
    assert message.from_user is not None
    await closing.note(turn.connection, int(key.split(":")[1]), message.text, person(message.from_user), turn.now)
    return True


async def list_cases(turn: Turn, _argument: str) -> None:
    """`/cases`: what is open, for staff; others are told what this chat is for."""
    ids = await cases.unresolved(turn.connection, LISTED)
    cards = [await closing.card_of(turn.connection, case_id) for case_id in ids]
    total = await cases.count_unresolved(turn.connection)
    await turn.say(list_text(cards, total, turn.company))


def _read(data: str | None) -> tuple[int, Action | None]:
    parts = (data or "").split(":")
    is_case = len(parts) == 3 and parts[1].isascii() and parts[1].isdecimal() and len(parts[1]) < 18
    return (int(parts[1]), ACTIONS.get(parts[2])) if is_case else (0, None)


async def _take(turn: Turn, case_id: int, by: Person) -> None:
    await closing.take(turn.connection, case_id, by, turn.now)


async def _contact(turn: Turn, case_id: int, by: Person) -> None:
    await closing.contact(turn.connection, case_id, by, turn.now)


async def _release(turn: Turn, case_id: int, by: Person) -> None:
    await closing.release(turn.connection, case_id, by, turn.now)


async def _resolve(turn: Turn, case_id: int, by: Person) -> None:
    await closing.resolve(turn.connection, turn.policy, case_id, by, turn.now)
    text = note_request(await closing.card_of(turn.connection, case_id), turn.company.language)
    await queue_message(
        turn.connection, key=f"{NOTE_KEY}{case_id}:{turn.cause}", kind=MessageKind.CASE_NOTE, channel=CHANNEL,
        target=turn.chat, payload={"text": text}, now=turn.now,
    )  # fmt: skip


ACTIONS: dict[str, Action] = {"take": _take, "contact": _contact, "release": _release, "resolve": _resolve}
