"""/pause and /resume: the switch that stops all questions, and the button that turns it."""

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup

from bot.reports.pause import pause_text
from bot.telegram.staff import Right
from bot.telegram.turn import Toast, Turn
from bot.texts import translator
from scheduler.asking.pausing import Standing, pause_everything, resume_everything

PAUSE = "p:"  # begins the data of its buttons
ON, OFF = f"{PAUSE}on", f"{PAUSE}off"


async def pause(turn: Turn, _argument: str) -> None:
    """`/pause`: at once, without a question; the button takes it back."""
    await turn.say(*_shown(turn, await _turn_on(turn)))


async def resume(turn: Turn, _argument: str) -> None:
    """`/resume`: everything goes on."""
    await turn.say(*_shown(turn, await resume_everything(turn.connection)))


async def take_pause(turn: Turn, query: CallbackQuery) -> Toast:
    """The button of either, for those who may; an old one shows how the switch stands."""
    _ = translator(turn.company.language)
    if not turn.staff.may(query.from_user, Right.PAUSE):
        return Toast(text=_("Only admins can do that."), is_alert=True)
    if query.data not in (ON, OFF):
        return Toast(text=_("This button no longer works."), is_alert=True)
    standing = await (_turn_on(turn) if query.data == ON else resume_everything(turn.connection))
    if query.message is not None:
        await turn.edit(query.message.message_id, *_shown(turn, standing))
    return Toast(text=_("Done."))


async def _turn_on(turn: Turn) -> Standing:
    return await pause_everything(turn.connection, turn.author.full_name if turn.author else "", turn.now)


def _shown(turn: Turn, standing: Standing) -> tuple[str, InlineKeyboardMarkup]:
    _ = translator(turn.company.language)
    word, data = (_("Go on asking"), OFF) if standing.paused else (_("Stop all questions"), ON)
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton(word, callback_data=data)]])
    return pause_text(standing.paused, turn.company), keyboard
