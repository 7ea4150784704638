"""/score: a score that a customer gave in person or on the phone, in one line or step by step."""

from collections.abc import Sequence

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.telegram import CHANNEL
from bot.telegram.keyboard import ROW, WRITE
from bot.telegram.lengths import fit
from bot.telegram.staff import Right
from bot.telegram.turn import Toast, Turn
from bot.texts import translator
from nps.score import SCORES, NotAScore, check_score
from scheduler.finding import find_customers
from scheduler.noting import Noted, NothingToCorrect, UnknownCustomer, add_reason, note_score
from storage import finding, outbox
from storage.finding import Found

MOST = 8  # customers to choose from
NAME_SHOWN = 60  # of a button
NOTE_KEY = "score_note:"  # of the messages to which a reply says why


async def write_score(turn: Turn, argument: str) -> None:
    """`/score CUSTOMER`, `/score CUSTOMER N [COMMENT]`: by number, phone or a part of the name."""
    _ = translator(turn.company.language)
    first, _blank, rest = argument.partition(" ")
    if not first:
        await turn.say(
            _("Write whose score it is, by number, phone or name: /score 17850, or all at once: /score 17850 9 why.")
        )
    elif rest.strip() and (found := await finding.by_number(turn.connection, first)):
        score, _blank, comment = rest.strip().partition(" ")
        await _note(turn, found, score, comment)
    else:
        await _look_for(turn, argument)


async def take_written(turn: Turn, query: CallbackQuery) -> Toast:
    """w:CUSTOMER asks for the score, w:CUSTOMER:N writes it down; a third part names the answer that is corrected."""
    _ = translator(turn.company.language)
    if not turn.staff.may(query.from_user, Right.SCORE):
        return Toast(text=_("Only the shop's staff can do that."), is_alert=True)
    number, _colon, rest = (query.data or "").removeprefix(WRITE).partition(":")
    score, colon, corrects = rest.partition(":")
    found = await finding.by_id(turn.connection, int(number)) if _is_id(number) else None
    if found is None or query.message is None or (colon and not _is_id(corrects)):
        return Toast(text=_("This button no longer works."), is_alert=True)
    if not score:
        await turn.edit(query.message.message_id, _which_score(turn, found), _scores(found, corrects))
        return Toast(text="")
    try:
        noted = await _write(turn, found.number, score, "", corrects=int(corrects) if corrects else None)
    except (NotAScore, UnknownCustomer, NothingToCorrect):
        return Toast(text=_("This button no longer works."), is_alert=True)
    said = _("{customer}: {score}, written down by {name}.").format(
        customer=_called(found), score=score, name=_author(turn)
    )
    why = _("Reply to this message to add why.")
    key = f"{NOTE_KEY}{noted.response_id}:{turn.cause}"
    change = _change(turn, found.id, noted.response_id)
    await turn.edit(query.message.message_id, f"{said}\n{why}", change, key=key)
    return Toast(text=_("Done."))


async def take_reason_of_score(turn: Turn, message: Message) -> bool:
    """A reply that says why; False: it is none."""
    if message.reply_to_message is None or not message.text or not turn.staff.may(message.from_user, Right.SCORE):
        return False
    asked = str(message.reply_to_message.message_id)
    key = await outbox.find_key(turn.connection, channel=CHANNEL, target=turn.chat, reference=asked)
    if key is None or not key.startswith(NOTE_KEY):
        return False
    response_id = int(key.removeprefix(NOTE_KEY).partition(":")[0])
    _ = translator(turn.company.language)
    is_kept = await add_reason(turn.connection, turn.policy, response_id, message.text, by=_author(turn), at=turn.now)
    await turn.say(_("Written down.") if is_kept else _("This answer is no longer there."), reply_to=message.message_id)
    return True


async def _look_for(turn: Turn, argument: str) -> None:
    """Whoever is meant is offered; with a score at the end it is written down at once, where only one can be meant."""
    _ = translator(turn.company.language)
    found, score = await find_customers(turn.connection, turn.company, argument, MOST + 1), ""
    if not found:
        who, _blank, last = argument.rpartition(" ")
        score = last if _is_score(last) else ""
        found = await find_customers(turn.connection, turn.company, who, MOST + 1) if score else []
    if not found:
        whom = (argument.rpartition(" ")[0] if score else argument)[:40]
        await turn.say(_("There is no customer “{number}”.").format(number=whom))
    elif len(found) > MOST:
        await turn.say(
            _("More than {count} customers fit: write more of the name, the number or the phone.").format(count=MOST)
        )
    elif len(found) > 1 or (score and not _is_sure(found[0], argument.rpartition(" ")[0])):
        await turn.say(_("Who is meant?"), _people(found, score))
    elif score:
        await _note(turn, found[0], score, "")
    else:
        await turn.say(_which_score(turn, found[0]), _scores(found[0]))


async def _note(turn: Turn, whose: Found, score: str, comment: str) -> None:
    """Writes it down, and says what came of it."""
    _ = translator(turn.company.language)
    try:
        noted = await _write(turn, whose.number, score, comment)
    except NotAScore:
        await turn.say(_("{score} is no score: a whole number from 0 to 10 is wanted.").format(score=score[:40]))
    except UnknownCustomer:
        await turn.say(_("There is no customer “{number}”.").format(number=whose.number[:40]))
    else:
        said = _("Written down: customer {number}, score {score}.").format(number=whose.number, score=score)
        await turn.say(said, _change(turn, whose.id, noted.response_id))


async def _write(turn: Turn, number: str, score: str, comment: str, *, corrects: int | None = None) -> Noted:
    return await note_score(
        turn.connection, turn.policy, turn.company, customer=number, sale=None, score=score, comment=comment,
        by=_author(turn), at=turn.now, corrects=corrects,
    )  # fmt: skip


def _is_sure(found: Found, said: str) -> bool:
    """Whether they were named by number, phone or whole name: a part of it may mean somebody who isn't known here."""
    named = said.strip().casefold()
    is_name = any(character.isalpha() for character in named)
    return not is_name or named in (found.number.casefold(), (found.name or "").casefold())


def _which_score(turn: Turn, found: Found) -> str:
    _ = translator(turn.company.language)
    return _("{customer}: which score did they give?").format(customer=_called(found))


def _scores(found: Found, corrects: str = "") -> InlineKeyboardMarkup:
    more = f":{corrects}" if corrects else ""
    buttons = [InlineKeyboardButton(str(one), callback_data=f"{WRITE}{found.id}:{one}{more}") for one in SCORES]
    return InlineKeyboardMarkup([buttons[:ROW], buttons[ROW:]])


def _change(turn: Turn, customer_id: int, response_id: int) -> InlineKeyboardMarkup:
    """Under what was written down: a slip of the finger is put right."""
    _ = translator(turn.company.language)
    data = f"{WRITE}{customer_id}::{response_id}"
    return InlineKeyboardMarkup([[InlineKeyboardButton(_("Correct the score"), callback_data=data)]])


def _people(found: Sequence[Found], score: str) -> InlineKeyboardMarkup:
    more = f":{score}" if score else ""
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(_called(one), callback_data=f"{WRITE}{one.id}{more}")] for one in found]
    )


def _called(found: Found) -> str:
    """Enough to tell namesakes apart; of a phone its end."""
    parts = [found.name, found.number, f"…{found.phone[-4:]}" if found.phone else None]
    return fit(" · ".join(part for part in parts if part), NAME_SHOWN)


def _author(turn: Turn) -> str:
    return turn.author.full_name[:100] if turn.author else "—"


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 18


def _is_score(text: str) -> bool:
    try:
        check_score(text)
    except NotAScore:
        return False
    return True
