"""Changes to messages that the bot sent before."""

from typing import Any

from bot.loopback.call import Call
from bot.loopback.limits import read_caption, read_message_text, read_reply_markup
from bot.loopback.messages import Message
from bot.loopback.refusals import bad_request
from bot.loopback.shapes import Json
from bot.loopback.world import World

_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as "
    "a current content and reply markup of the message"
)


async def edit_message_text(world: World, call: Call) -> Json:
    text, entities = read_message_text(call)
    message = _find_own(world, call, "edit")
    if message.photo is not None:
        raise bad_request("there is no text in the message to edit")
    return _change(world, call, message, text=text, entities=entities)


async def edit_message_caption(world: World, call: Call) -> Json:
    caption, entities = read_caption(call)
    message = _find_own(world, call, "edit")
    if message.photo is None:
        raise bad_request("there is no caption in the message to edit")
    return _change(world, call, message, caption=caption, entities=entities)


async def edit_message_reply_markup(world: World, call: Call) -> Json:
    return _change(world, call, _find_own(world, call, "edit"))


async def delete_message(world: World, call: Call) -> bool:
    chat = world.find_chat(call)
    message = world.message(chat.id, call.integer("message_id") or 0)
    if message is None:
        raise bad_request("message to delete not found")
    if not (message.is_own or chat.is_private):
        raise bad_request("message can't be deleted")
    world.remove(chat.id, message.message_id)
    world.record(call, message)
    return True


def _find_own(world: World, call: Call, what: str) -> Message:
    """:raises Refusal: no such message, not the bot's own, or the chat is closed to the bot"""
    chat = world.find_chat(call)
    chat.check_open()
    message = world.message(chat.id, call.integer("message_id") or 0)
    if message is None:
        raise bad_request(f"message to {what} not found")
    if not message.is_own:
        raise bad_request(f"message can't be {what}ed")
    return message


def _change(world: World, call: Call, message: Message, **content: Any) -> Json:
    """An edit without a keyboard takes the old one away; one that changes nothing is refused."""
    markup = read_reply_markup(call)
    content["reply_markup"] = markup if markup and markup.get("inline_keyboard") else None
    if all(getattr(message, name) == value for name, value in content.items()):
        raise bad_request(_SAME)
    for name, value in content.items():
        setattr(message, name, value)
    message.edit_date = world.clock()
    world.record(call, message)
    return message.as_json()
