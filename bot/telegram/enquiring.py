"""The one further question after a score: a small message, its buttons edited in place."""

from telegram import CallbackQuery

from bot.telegram.keyboard import SECOND, second_keyboard
from bot.telegram.turn import Toast, Turn
from bot.wording import asked_second_text, choice_labels
from scheduler.answering import NotYours, Recorded, TooLateToChange, UnknownInvitation
from scheduler.enquiring import NoSuchChoice, answer_second, enquire
from scheduler.outbox import MessageKind


async def ask_second(turn: Turn, token: str, recorded: Recorded) -> None:
    """Asks it after the follow-up, where there is one to ask."""
    question = await enquire(turn.connection, turn.policy, recorded, turn.now)
    if question is not None:
        language = turn.voice(recorded.language).language
        keyboard = second_keyboard(token, choice_labels(language, question))
        payload: dict[str, object] = {"text": asked_second_text(language, question), "keyboard": keyboard.to_dict()}
        await turn.queue(f"second:{recorded.response_id}", MessageKind.TEXT, payload)


async def take_second(turn: Turn, query: CallbackQuery) -> Toast:
    """Keeps the choice and marks it; another button changes it."""
    token, _colon, choice = (query.data or "").removeprefix(SECOND).partition(":")
    try:
        chosen = await answer_second(
            turn.connection, turn.policy, token=token, choice=choice, chat=turn.chat, now=turn.now
        )
    except (UnknownInvitation, NotYours, NoSuchChoice):
        return Toast(text=(await turn.voice_of_chat()).button_is_dead(), is_alert=True)
    except TooLateToChange:
        return Toast(text=(await turn.voice_of_chat()).too_late_for_reasons(), is_alert=True)
    voice = turn.voice(chosen.language)
    labels = choice_labels(voice.language, chosen.question)
    if chosen.is_changed and query.message is not None:
        await turn.edit(query.message.message_id, None, second_keyboard(token, labels, chosen.choice))
    return Toast(text=voice.thanks_for_choice(labels[chosen.choice]))
