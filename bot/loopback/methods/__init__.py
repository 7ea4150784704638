"""The Bot API's methods, by name in lower case: Telegram doesn't look at the case either."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.loopback.call import Call
from bot.loopback.methods import account, editing, receiving, sending, webhooks
from bot.loopback.world import World

Method = Callable[[World, Call], Awaitable[Any]]

METHODS: dict[str, Method] = {
    "getme": account.get_me,
    "getchat": account.get_chat,
    "getchatmember": account.get_chat_member,
    "getmycommands": account.get_my_commands,
    "setmycommands": account.set_my_commands,
    "deletemycommands": account.delete_my_commands,
    "getmydescription": account.get_my_description,
    "setmydescription": account.set_my_description,
    "getmyshortdescription": account.get_my_short_description,
    "setmyshortdescription": account.set_my_short_description,
    "getupdates": receiving.get_updates,
    "setwebhook": webhooks.set_webhook,
    "deletewebhook": webhooks.delete_webhook,
    "getwebhookinfo": webhooks.get_webhook_info,
    "sendmessage": sending.send_message,
    "sendphoto": sending.send_photo,
    "senddocument": sending.send_document,
    "copymessage": sending.copy_message,
    "editmessagetext": editing.edit_message_text,
    "editmessagecaption": editing.edit_message_caption,
    "editmessagereplymarkup": editing.edit_message_reply_markup,
    "deletemessage": editing.delete_message,
    "answercallbackquery": receiving.answer_callback_query,
}

# Telegram counts these against the bot's rate; answers to taps and questions about chats are free.
COUNTED = frozenset(name for name in METHODS if name.startswith(("send", "edit", "copy")))
