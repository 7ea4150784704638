"""The size of a PNG or JPEG picture, read from its first bytes."""

import struct

from bot.loopback.refusals import bad_request

_PNG = b"\x89PNG\r\n\x1a\n"
# Start-of-frame markers; C4, C8 and CC of the same range hold tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def read_size(content: bytes) -> tuple[int, int]:
    """
    (width, height) in pixels.

    :raises Refusal: no picture, or dimensions that Telegram doesn't take for a photo
    """
    size = _size_of_png(content) if content.startswith(_PNG) else _size_of_jpeg(content)
    if size is None or min(size) < 1:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if sum(size) > 10_000 or max(size) > 20 * min(size):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return size


def _size_of_png(content: bytes) -> tuple[int, int] | None:
    if len(content) < 24 or content[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _size_of_jpeg(content: bytes) -> tuple[int, int] | None:
    position = 2
    while content.startswith(b"\xff\xd8") and position + 9 <= len(content) and content[position] == 0xFF:
        marker, length = struct.unpack(">xBH", content[position : position + 4])
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", content[position + 5 : position + 9])
            return width, height
        position += 2 + length
    return None
