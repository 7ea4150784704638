"""/staff by buttons: somebody is chosen, shared, forwarded or numbered, then given a role; or another one, or none."""

from collections.abc import Sequence
from datetime import timedelta

from telegram import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    KeyboardButtonRequestUsers,
    Message,
    MessageOriginUser,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.reports.staff import say_problem, staff_text
from bot.telegram.staff import STAFF, Right
from bot.telegram.staffing import add, read_id, remove, role_words
from bot.telegram.turn import Toast, Turn
from bot.texts import translator
from scheduler.staffing import NotAnId
from storage.dialogues import StoredDialogue, drop_dialogue, put_dialogue, read_dialogue
from storage.staff import Member, list_members
from storage.statuses import DialogueKind, StaffRole

REQUEST = 1  # of the button with which a person is chosen
LISTENED = timedelta(minutes=15)  # what comes later is no answer any more
LISTED = 40  # people with a button


async def show_staff(turn: Turn) -> None:
    """The list; in the private chat with buttons."""
    is_private = turn.author is not None and turn.chat == str(turn.author.id)
    await turn.say(*await _list(turn, has_buttons=is_private))


async def take_staff_tap(turn: Turn, query: CallbackQuery) -> Toast:
    """Does what the button says, for admins."""
    _ = translator(turn.company.language)
    if not turn.staff.may(query.from_user, Right.STAFF):
        return Toast(text=_("Only admins can do that."), is_alert=True)
    if query.message is None:
        return Toast(text=_("This button no longer works."), is_alert=True)
    match (query.data or "").removeprefix(STAFF).split(":"):
        case ["list"]:
            await turn.edit(query.message.message_id, *await _list(turn, has_buttons=True))
        case ["add"]:
            await _ask_whom(turn)
        case ["m", number] if member := await _member(turn, number):
            await turn.edit(query.message.message_id, *_card(turn, member))
        case ["d", number] if await _member(turn, number):
            await turn.edit(query.message.message_id, await remove(turn, number), _back(turn))
        case ["r", number, role] if role in set(StaffRole) and _is_number(number):
            said = await add(turn, read_id(number), await _name(turn, int(number)), StaffRole(role))
            await turn.edit(query.message.message_id, said, _back(turn))
        case _:
            return Toast(text=_("This button no longer works."), is_alert=True)
    return Toast(text=_("Done."))


async def take_person(turn: Turn, message: Message) -> bool:
    """Somebody whom an admin names, after being asked for it; False: it is something else."""
    if not turn.staff.may(turn.author, Right.STAFF) or not await _is_asked(turn):
        return False
    _ = translator(turn.company.language)
    match _read_person(message):
        case (user_id, name):
            await _ask_role(turn, user_id, name)
        case "hidden":
            await turn.say(_("This person hides who they are when forwarded: choose them with the button."))
        case "stop":
            await _forget(turn)
            await turn.say(_("All right, nobody was added."), ReplyKeyboardRemove())
        case "bot":
            await turn.say(say_problem(NotAnId(), turn.company.language))
        case _:
            return False
    return True


def _read_person(message: Message) -> tuple[int, str] | str | None:
    """(user id, name), or a word that says why not; None: no person is meant."""
    if message.users_shared is not None and message.users_shared.users:
        chosen = message.users_shared.users[0]
        return chosen.user_id, f"{chosen.first_name or ''} {chosen.last_name or ''}".strip()
    if message.contact is not None:
        contact = message.contact
        return (contact.user_id, f"{contact.first_name} {contact.last_name or ''}") if contact.user_id else "hidden"
    if isinstance(message.forward_origin, MessageOriginUser):
        sender = message.forward_origin.sender_user
        return "bot" if sender.is_bot else (sender.id, sender.full_name)
    if message.forward_origin is not None:
        return "hidden"
    text = (message.text or "").strip()
    if _is_number(text):
        return int(text), ""
    return "stop" if text and not text.startswith("/") else None


async def _ask_whom(turn: Turn) -> None:
    _ = translator(turn.company.language)
    await _keep(turn, {"step": "whom"})
    wanted = KeyboardButtonRequestUsers(REQUEST, user_is_bot=False, max_quantity=1, request_name=True)
    rows = [[KeyboardButton(_("Choose a person"), request_users=wanted)], [KeyboardButton(_("Nobody"))]]
    text = _(
        "Whom? Press the button below, forward me a message of theirs, share their contact, or write the number that"
        " Telegram gives them."
    )
    await turn.say(text, ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True))


async def _ask_role(turn: Turn, user_id: int, name: str) -> None:
    _ = translator(turn.company.language)
    await _keep(turn, {"step": "role", "user_id": user_id, "name": name})
    await turn.say(f"{name or user_id} ({user_id})", ReplyKeyboardRemove())
    await turn.say_also("role", _("In which role?"), InlineKeyboardMarkup([_roles(turn, user_id, list(StaffRole))]))


def _roles(turn: Turn, user_id: int, roles: Sequence[StaffRole]) -> list[InlineKeyboardButton]:
    words = role_words(turn)
    return [InlineKeyboardButton(words[one].title(), callback_data=f"{STAFF}r:{user_id}:{one}") for one in roles]


def _card(turn: Turn, member: Member) -> tuple[str, InlineKeyboardMarkup]:
    _ = translator(turn.company.language)
    text = _("{name} ({number}): {role}. Added by {by}.").format(
        name=member.name, number=member.user_id, role=role_words(turn)[member.role], by=member.added_by or "?"
    )
    others = [one for one in StaffRole if one is not member.role]
    removing = InlineKeyboardButton(_("Take every right away"), callback_data=f"{STAFF}d:{member.user_id}")
    return text, InlineKeyboardMarkup([_roles(turn, member.user_id, others), [removing], *_back(turn).inline_keyboard])


def _back(turn: Turn) -> InlineKeyboardMarkup:
    _ = translator(turn.company.language)
    return InlineKeyboardMarkup([[InlineKeyboardButton(_("Back to the list"), callback_data=f"{STAFF}list")]])


async def _list(turn: Turn, *, has_buttons: bool) -> tuple[str, InlineKeyboardMarkup | None]:
    _ = translator(turn.company.language)
    members = await list_members(turn.connection)
    text = staff_text(turn.appointed.appointed, members, turn.company.language)
    if not has_buttons:
        return text, None
    people = [InlineKeyboardButton(one.name[:40], callback_data=f"{STAFF}m:{one.user_id}") for one in members[:LISTED]]
    rows = [people[start : start + 2] for start in range(0, len(people), 2)]
    return text, InlineKeyboardMarkup([*rows, [InlineKeyboardButton(_("Add somebody"), callback_data=f"{STAFF}add")]])


async def _member(turn: Turn, number: str) -> Member | None:
    members = await list_members(turn.connection)
    return next((one for one in members if str(one.user_id) == number), None)


async def _name(turn: Turn, user_id: int) -> str:
    """As they were called when they were shared, else as they are called already."""
    stored = await _read(turn)
    await _forget(turn)
    if stored is not None and stored.state.get("user_id") == user_id:
        return str(stored.state["name"])
    member = await _member(turn, str(user_id))
    return member.name if member else ""


async def _is_asked(turn: Turn) -> bool:
    stored = await _read(turn)
    return stored is not None and stored.state["step"] == "whom" and stored.updated_at >= turn.now - LISTENED


async def _read(turn: Turn) -> StoredDialogue | None:
    if turn.author is None:
        return None
    return await read_dialogue(turn.connection, turn.chat, turn.author.id, DialogueKind.STAFF)


async def _keep(turn: Turn, state: dict[str, object]) -> None:
    assert turn.author is not None
    dialogue = StoredDialogue(
        chat=turn.chat, user_id=turn.author.id, kind=DialogueKind.STAFF, state=state, updated_at=turn.now
    )
    await put_dialogue(turn.connection, dialogue)


async def _forget(turn: Turn) -> None:
    if turn.author is not None:
        await drop_dialogue(turn.connection, turn.chat, turn.author.id, DialogueKind.STAFF)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 16
