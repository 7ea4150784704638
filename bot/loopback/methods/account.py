"""The bot itself, its menu, and what it may know of a chat."""

import json
import re
from typing import Any

from bot.loopback.call import Call
from bot.loopback.chats import Chat, Kind, Standing
from bot.loopback.refusals import Refusal, bad_request
from bot.loopback.shapes import Json
from bot.loopback.world import World

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members", "can_promote_members",
    "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
)  # fmt: skip


async def get_me(world: World, call: Call) -> Json:
    return world.me | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def get_chat(world: World, call: Call) -> Json:
    chat = world.find_chat(call)
    if chat.standing is Standing.NEW:
        raise bad_request("chat not found")
    if not chat.is_private and chat.standing is Standing.BLOCKED:
        raise Refusal(403, f"Forbidden: bot was kicked from the {chat.kind} chat")
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    return chat.as_json() | {
        "accent_color_id": abs(chat.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, chat.is_private),
    }


async def get_chat_member(world: World, call: Call) -> Json:
    chat = world.find_chat(call)
    user_id = call.integer("user_id") or 0
    if user_id == world.me["id"]:
        return describe_bot(world, chat)
    person = world.chats.get(user_id)
    if person is None or not person.is_private:
        raise bad_request("member not found")
    status = chat.members.get(user_id, "left")
    rights = _rights(True) if status == "administrator" else {}
    return {"status": status, "user": person.as_user()} | rights


def describe_bot(world: World, chat: Chat) -> Json:
    """The bot as a ChatMember: in a channel only an administrator can post."""
    if chat.standing is Standing.BLOCKED:
        return {"status": "kicked", "user": world.me, "until_date": 0}
    if chat.kind is not Kind.CHANNEL:
        return {"status": "member", "user": world.me}
    can_post = chat.standing is Standing.OPEN
    return {"status": "administrator", "user": world.me, "can_be_edited": False} | _rights(can_post)


def _rights(can_post: bool) -> Json:
    rights: Json = dict.fromkeys(_RIGHTS, False)
    return rights | {"can_be_edited": False, "is_anonymous": False, "can_post_messages": can_post}


async def get_my_commands(world: World, call: Call) -> list[Json]:
    return world.commands.get(_menu(call), [])


async def set_my_commands(world: World, call: Call) -> bool:
    commands = call.value("commands") or []
    for command in commands:
        _check_command(command)
    world.commands[_menu(call)] = commands
    world.bell.ring()
    return True


async def delete_my_commands(world: World, call: Call) -> bool:
    world.commands.pop(_menu(call), None)
    world.bell.ring()
    return True


async def get_my_description(world: World, call: Call) -> Json:
    return {"description": world.descriptions.get(("description", call.text("language_code") or ""), "")}


async def set_my_description(world: World, call: Call) -> bool:
    return _describe(world, call, "description", 512)


async def get_my_short_description(world: World, call: Call) -> Json:
    return {"short_description": world.descriptions.get(("short_description", call.text("language_code") or ""), "")}


async def set_my_short_description(world: World, call: Call) -> bool:
    return _describe(world, call, "short_description", 120)


def _describe(world: World, call: Call, field: str, limit: int) -> bool:
    words = call.text(field) or ""
    if len(words) > limit:
        raise bad_request(f"{field.replace('_', ' ')} is too long")
    world.descriptions[field, call.text("language_code") or ""] = words
    world.bell.ring()
    return True


def _menu(call: Call) -> tuple[str, str]:
    scope: Any = call.value("scope") or {"type": "default"}
    return json.dumps(scope, sort_keys=True), call.text("language_code") or ""


def _check_command(command: Json) -> None:
    if not _COMMAND.fullmatch(str(command.get("command", ""))):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(str(command.get("description", ""))) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
