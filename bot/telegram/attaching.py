"""A voice message, a photo or another file after a score, taken as part of the answer."""

from collections.abc import Mapping

from telegram import Animation, Audio, Document, Message, PhotoSize, Sticker, Video, VideoNote, Voice

from bot.telegram.explaining import say_what_this_is
from bot.telegram.turn import Turn
from scheduler.attaching import attach_from_chat
from storage.attachments import Attachment
from storage.statuses import AttachmentKind

File = Animation | Audio | Document | PhotoSize | Sticker | Video | VideoNote | Voice

KINDS: Mapping[type[File], AttachmentKind] = {
    Animation: AttachmentKind.ANIMATION,
    Audio: AttachmentKind.AUDIO,
    Document: AttachmentKind.DOCUMENT,
    PhotoSize: AttachmentKind.PHOTO,
    Sticker: AttachmentKind.STICKER,
    Video: AttachmentKind.VIDEO,
    VideoNote: AttachmentKind.VIDEO_NOTE,
    Voice: AttachmentKind.VOICE,
}


def read_file(message: Message) -> Attachment | None:
    """The file of a message, a photo in its largest size; None: it has none (a place or a poll is no file)."""
    found = message.effective_attachment
    file = found[-1] if isinstance(found, tuple) and found else found
    if not isinstance(file, File):
        return None
    kind = KINDS[type(file)]
    return Attachment(kind=kind, file_id=file.file_id, message_id=message.message_id, chat=str(message.chat.id))


async def take_file(turn: Turn, message: Message, file: Attachment) -> None:
    """Keeps it with the score before it; without one it is answered as a text would be."""
    attached = await attach_from_chat(
        turn.connection, turn.policy, chat=turn.chat, file=file, caption=message.caption or "", now=turn.now
    )
    voice = await turn.voice_of_chat()
    if attached is None:
        await say_what_this_is(turn)
    elif attached.is_kept:
        await turn.say(voice.thanks_for_file(file.kind, is_truncated=attached.is_truncated))
    else:
        await turn.say(voice.enough_files())
