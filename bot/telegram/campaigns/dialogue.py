"""Where somebody stands in the dialogue: read, written and shown, within the update's transaction."""

from dataclasses import replace
from datetime import timedelta

from telegram import CallbackQuery

from bot.telegram.campaigns.draft import Draft
from bot.telegram.campaigns.pages import show_page
from bot.telegram.turn import Turn
from storage.dialogues import StoredDialogue, drop_dialogue, put_dialogue, read_dialogue
from storage.statuses import DialogueKind

KEPT = timedelta(days=7)  # what nobody went on with is forgotten then
LISTENED = timedelta(hours=1)  # what is written later is no answer any more to what was asked


async def read_draft(turn: Turn, *, within: timedelta = KEPT) -> tuple[Draft, StoredDialogue] | None:
    """The author's in this chat; None: there is none, or it is too old."""
    if turn.author is None:
        return None
    stored = await read_dialogue(turn.connection, turn.chat, turn.author.id, DialogueKind.CAMPAIGN)
    if stored is None or stored.updated_at < turn.now - within:
        return None
    return Draft.from_state(stored.state), stored


async def keep(turn: Turn, draft: Draft, job: str | None = None) -> None:
    """Writes where they stand."""
    assert turn.author is not None
    # What is written from now on is meant for this dialogue, not for one that was left open before.
    await drop_dialogue(turn.connection, turn.chat, turn.author.id, DialogueKind.STAFF)
    await put_dialogue(
        turn.connection,
        StoredDialogue(
            chat=turn.chat, user_id=turn.author.id, kind=DialogueKind.CAMPAIGN, state=draft.as_state(),
            updated_at=turn.now, job=job,
        ),
    )  # fmt: skip


async def drop(turn: Turn) -> None:
    """Ends it."""
    if turn.author is not None:
        await drop_dialogue(turn.connection, turn.chat, turn.author.id, DialogueKind.CAMPAIGN)


async def show(turn: Turn, draft: Draft, job: str | None = None) -> None:
    """Keeps it and shows it on its message, or on a new one where there is none yet."""
    await keep(turn, draft, job)
    text, keyboard = show_page(draft, turn.company)
    if draft.message_id is None:
        await turn.say(text, keyboard)
    else:
        await turn.edit(draft.message_id, text, keyboard, anew=True)


def on_message(draft: Draft, query: CallbackQuery) -> Draft:
    """The draft, shown on the message that was tapped from now on."""
    return replace(draft, message_id=query.message.message_id) if query.message else draft
