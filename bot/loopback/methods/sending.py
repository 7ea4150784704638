"""New messages of the bot: texts, photos, files, copies."""

import secrets
from typing import Any

from bot.loopback.call import Call
from bot.loopback.chats import Chat
from bot.loopback.limits import read_caption, read_message_text, read_reply_markup
from bot.loopback.messages import Message, Photo
from bot.loopback.pictures import read_size
from bot.loopback.refusals import bad_request, too_large
from bot.loopback.shapes import Json
from bot.loopback.world import World

PHOTO_LIMIT = 10 * 1024 * 1024
FILES = ("animation", "audio", "document", "sticker", "video", "video_note", "voice")
COPIED = (*FILES, "photo", "contact")  # of what a person's message holds beside its words


async def send_message(world: World, call: Call) -> Json:
    text, entities = read_message_text(call)
    return _send(world, call, "text messages", text=text, entities=entities)


async def send_photo(world: World, call: Call) -> Json:
    photo = _read_photo(world, call)
    caption, entities = read_caption(call)
    return _send(world, call, "photos", photo=photo, caption=caption, entities=entities)


async def send_document(world: World, call: Call) -> Json:
    """Its content stays in `world.documents`, by the message's chat and number."""
    given = call.text("document") or ""
    content = call.files.get(given.removeprefix("attach://") or "document")
    if not content:
        raise bad_request("file must be non-empty" if content == b"" else "there is no document in the request")
    caption, entities = read_caption(call)
    document = {"file_id": secrets.token_urlsafe(48), "file_unique_id": secrets.token_urlsafe(12)}
    sent = _send(world, call, "documents", caption=caption, entities=entities, extra={"document": document})
    world.documents[sent["chat"]["id"], sent["message_id"]] = content
    return sent


async def copy_message(world: World, call: Call) -> Json:
    """Without a link to where it was copied from; what the chat itself reports cannot be copied."""
    source = world.find_chat(call, "from_chat_id")
    found = world.message(source.id, call.integer("message_id") or 0)
    if found is None:
        raise bad_request("message to copy not found")
    extra = {name: value for name, value in found.extra.items() if name in (*COPIED, "caption")}
    if not (found.text or found.photo or extra):
        raise bad_request("message can't be copied")
    caption = found.caption or extra.get("caption")
    words = {"text": found.text, "caption": caption, "entities": found.entities}
    sent = _send(world, call, "messages", **words, photo=found.photo, extra=extra)
    return {"message_id": sent["message_id"]}


def _send(world: World, call: Call, what: str, **content: Any) -> Json:
    if call.flag("allow_paid_broadcast") and not world.paid_broadcast:
        raise bad_request("FLOODSKIP_NOT_ALLOWED")
    markup = read_reply_markup(call)
    chat = world.find_chat(call)
    chat.check_open(what)
    answered = _find_answered(world, call, chat.id)
    topic = _find_topic(call, chat)
    sender = None if chat.kind == "channel" else world.me
    message = world.keep(chat, sender, is_own=True, **content)
    message.extra |= topic
    message.reply_markup = markup if markup and "inline_keyboard" in markup else None
    if answered is not None:
        message.extra["reply_to_message"] = answered.as_json()
    world.record(call, message, message.photo.content if message.photo else None)
    return message.as_json()


def _find_topic(call: Call, chat: Chat) -> Json:
    topic = call.integer("message_thread_id")
    if topic is None:
        return {}
    if topic not in chat.topics:
        raise bad_request("message thread not found")
    return {"message_thread_id": topic, "is_topic_message": True}


def _find_answered(world: World, call: Call, chat_id: int) -> Message | None:
    """The message that this one replies to."""
    reply = call.value("reply_parameters") or {}
    number = reply.get("message_id")
    if number is None:
        return None
    answered = world.message(chat_id, int(number))
    if answered is None and not reply.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return answered


def _read_photo(world: World, call: Call) -> Photo:
    given = call.text("photo") or ""
    content = call.files.get(given.removeprefix("attach://") or "photo")
    if content is None:
        return _find_photo(world, given)
    if not content:
        raise bad_request("file must be non-empty")
    if len(content) > PHOTO_LIMIT:
        raise too_large()
    photo = Photo(secrets.token_urlsafe(48), content, *read_size(content))
    world.photos[photo.file_id] = photo
    return photo


def _find_photo(world: World, file_id: str) -> Photo:
    if not file_id:
        raise bad_request("there is no photo in the request")
    if file_id not in world.photos:
        raise bad_request("wrong remote file identifier specified: Wrong string length")
    return world.photos[file_id]
