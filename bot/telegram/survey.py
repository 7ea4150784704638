"""The survey in the chat: a tap becomes the score, the next text its comment."""

from dataclasses import asdict

from telegram import CallbackQuery, Message

from bot.telegram.enquiring import ask_second
from bot.telegram.explaining import say_what_this_is
from bot.telegram.keyboard import Tap, read_tap
from bot.telegram.turn import Toast, Turn
from nps.score import NotAScore, category
from scheduler.answering import (
    LinkExpired,
    NotYours,
    Recorded,
    TooLateToChange,
    UnknownInvitation,
    comment_from_chat,
    record_score,
)
from scheduler.outbox import MessageKind
from scheduler.thanking import offer_thanks
from storage.statuses import ResponseChannel


async def take_tap(turn: Turn, query: CallbackQuery) -> Toast:
    """Records the tapped score and queues what the customer sees of it; whatever else is tapped changes nothing."""
    tap = read_tap(query.data)
    if tap is None:
        return await _dead_button(turn)
    try:
        recorded = await record_score(
            turn.connection, turn.policy, turn.company, token=tap.token, score=tap.score,
            channel=ResponseChannel.TELEGRAM, now=turn.now, chat=turn.chat,
        )  # fmt: skip
    except (NotAScore, UnknownInvitation, NotYours, LinkExpired):
        return await _dead_button(turn)
    except TooLateToChange:
        return Toast(text=(await turn.voice_of_chat()).too_late_to_change(), is_alert=True)
    if recorded.is_new or recorded.is_changed:
        await _show_choice(turn, query, tap, recorded)
        await _ask_why(turn, tap, recorded)
        await ask_second(turn, tap.token, recorded)
    return Toast(text=turn.voice(recorded.language).thanks_for_score(recorded.score))


async def take_text(turn: Turn, message: Message, text: str) -> None:
    """Takes a text as the comment on the score before it; without one it is said what this chat is for."""
    kept = await comment_from_chat(turn.connection, turn.policy, chat=turn.chat, text=text, now=turn.now)
    if kept is not None:
        await turn.say((await turn.voice_of_chat()).thanks_for_comment(is_truncated=kept.is_truncated))
    else:
        await say_what_this_is(turn)


async def ask_for_words(turn: Turn) -> None:
    """Answers what is neither text nor a file: a place, a poll."""
    await turn.say((await turn.voice_of_chat()).words_please())


async def _dead_button(turn: Turn) -> Toast:
    return Toast(text=(await turn.voice_of_chat()).button_is_dead(), is_alert=True)


async def _show_choice(turn: Turn, query: CallbackQuery, tap: Tap, recorded: Recorded) -> None:
    if query.message is None:
        return
    shown = query.message.text if isinstance(query.message, Message) else None
    payload: dict[str, object] = {
        "message_id": query.message.message_id, "token": tap.token, "score": recorded.score,
        "language": turn.voice(recorded.language).language, "text": shown,
    }  # fmt: skip
    await turn.queue(f"choice:{turn.cause}", MessageKind.CHOICE, payload)


async def _ask_why(turn: Turn, tap: Tap, recorded: Recorded) -> None:
    """Once for a response and category: who goes to and fro between 9 and 10 is asked once."""
    key = f"follow_up:{recorded.response_id}:{category(recorded.score)}"
    offer = await offer_thanks(turn.connection, turn.policy, recorded, turn.now)
    payload: dict[str, object] = {
        "score": recorded.score, "language": turn.voice(recorded.language).language, "token": tap.token,
        "offer": asdict(offer),
    }  # fmt: skip
    await turn.queue(key, MessageKind.FOLLOW_UP, payload)
