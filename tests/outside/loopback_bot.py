"""A real bot of python-telegram-bot for the Bot API server on loopback, and what the tests send with it."""

import os
import struct
import zlib

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.request import HTTPXRequest

from bot.loopback.bot_api import BotApiServer

ANNA = 1001

os.environ.setdefault("PTB_TIMEDELTA", "1")  # otherwise the library warns about its own retry_after


def make_bot(api: BotApiServer, *, read_timeout: float = 5, token: str | None = None) -> Bot:
    requests = [HTTPXRequest(connection_pool_size=8, read_timeout=read_timeout) for _ in range(2)]
    return Bot(token or api.token, base_url=f"{api.url}/bot", request=requests[0], get_updates_request=requests[1])


def score_keyboard() -> InlineKeyboardMarkup:
    buttons = [InlineKeyboardButton(str(score), callback_data=f"s:token:{score}") for score in range(11)]
    return InlineKeyboardMarkup([buttons[:6], buttons[6:]])


def draw_png(width: int, height: int) -> bytes:
    """A black picture of that size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = zlib.compress((b"\0" * (1 + width)) * height)
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
