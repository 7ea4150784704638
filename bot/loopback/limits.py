"""What Telegram refuses in a text, a caption or a keyboard."""

from typing import Any
from urllib.parse import urlsplit

from bot.loopback.call import Call
from bot.loopback.formatting import read_text
from bot.loopback.refusals import bad_request
from bot.loopback.shapes import Json

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
BUTTONS_IN_A_ROW = 8
BUTTONS_IN_ALL = 100
DATA_LIMIT = 64
"""Of a button's `callback_data`, in bytes."""

_ACTIONS = ("url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
            "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay")  # fmt: skip


def read_message_text(call: Call) -> tuple[str, list[Json]]:
    source = call.text("text")
    if not source:
        raise bad_request("message text is empty")
    text, entities = read_text(source, call.text("parse_mode"), call.value("entities"))
    if not text:
        raise bad_request("text must be non-empty")
    if len(text) > TEXT_LIMIT:
        raise bad_request("message is too long")
    return text, entities


def read_caption(call: Call) -> tuple[str | None, list[Json]]:
    source = call.text("caption")
    text, entities = read_text(source or "", call.text("parse_mode"), call.value("caption_entities"))
    if len(text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return text or None, entities


def read_reply_markup(call: Call) -> Json | None:
    markup = call.value("reply_markup")
    if markup is None or markup == "":
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        _check_keyboard(markup["inline_keyboard"])
    return markup


def _check_keyboard(rows: Any) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse inline keyboard: Expected an Array of Array")
    if any(len(row) > BUTTONS_IN_A_ROW for row in rows):
        raise bad_request("REPLY_MARKUP_INVALID")
    if sum(map(len, rows)) > BUTTONS_IN_ALL:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    for row in rows:
        for button in row:
            _check_button(button)


def _check_button(button: Any) -> None:
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if not any(button.get(action) not in (None, "", False) for action in _ACTIONS):
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if not button["text"].strip():
        raise bad_request("BUTTON_TEXT_EMPTY")
    if len(str(button.get("callback_data", "")).encode()) > DATA_LIMIT:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button:
        _check_link(str(button["url"]))


def _check_link(url: str) -> None:
    wrong = None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https", "tg", "ton"):
        wrong = "Unsupported URL protocol"
    elif parts.scheme in ("http", "https") and "." not in (parts.hostname or ""):
        wrong = "Wrong HTTP URL" if parts.hostname else "URL host is empty"
    if wrong:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: {wrong}")
