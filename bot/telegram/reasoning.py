"""Reasons under the follow-up question: each tap ticks one or takes it off, on the same message."""

from telegram import CallbackQuery

from bot.telegram.keyboard import REASON, reason_keyboard
from bot.telegram.offering import offered_rows, with_rows
from bot.telegram.turn import Toast, Turn
from scheduler.answering import NotYours, TooLateToChange, UnknownInvitation
from scheduler.reasoning import NoSuchReason, toggle_reason


async def take_reason(turn: Turn, query: CallbackQuery) -> Toast:
    """Keeps the choice with the answer and shows it in the keyboard."""
    token, _colon, key = (query.data or "").removeprefix(REASON).partition(":")
    try:
        ticked = await toggle_reason(
            turn.connection, turn.policy, token=token, key=key, chat=turn.chat, now=turn.now
        )  # fmt: skip
    except (UnknownInvitation, NotYours, NoSuchReason):
        return Toast(text=(await turn.voice_of_chat()).button_is_dead(), is_alert=True)
    except TooLateToChange:
        return Toast(text=(await turn.voice_of_chat()).too_late_for_reasons(), is_alert=True)
    voice = turn.voice(ticked.language)
    labels = turn.policy.reason_labels(ticked.score, voice.language)
    if query.message is not None:
        keyboard = with_rows(reason_keyboard(token, labels, ticked.keys), offered_rows(query.message))
        await turn.edit(query.message.message_id, None, keyboard)
    return Toast(text=voice.reason_is_on(labels[key]) if ticked.is_on else voice.reason_is_off(labels[key]))
