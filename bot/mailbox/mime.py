"""A letter's headers and parts, whoever wrote them: broken, endless or wrongly labelled ones are bounded."""

from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

MOST_PARTS = 60  # of a letter; the rest isn't looked at
MOST_TEXT = 65_536  # characters of a part
MOST_HEADER = 4_096  # characters of a header
MOST_ALIKE = 20  # headers of one name
FALLBACKS = ("utf-8", "cp1251")


def parse(raw: bytes) -> Message:
    """A letter, or its beginning; the library raises all sorts on hostile ones."""
    return message_from_bytes(raw)


def header(message: Message, name: str) -> str:
    """A header on one line, or what there is of it; empty where there is none."""
    return next(headers(message, name), "")


def headers(message: Message, *names: str) -> Iterator[str]:
    """All headers of these names."""
    for name in names:
        for value in message.get_all(name, [])[:MOST_ALIKE]:
            yield " ".join(str(value)[:MOST_HEADER].split())


def decoded(value: str) -> str:
    """A header with its encoded words read."""
    try:
        return str(make_header(decode_header(value)))
    except (ValueError, LookupError):
        return value


def addresses(message: Message, *names: str) -> Iterator[str]:
    """The bare addresses in headers of these names."""
    for value in headers(message, *names):
        yield from (address for _, address in getaddresses([value]) if address)


def parts(message: Message, *, into_messages: bool) -> list[Message]:
    """The letter and its parts, MOST_PARTS at the most, as they stand.

    :param into_messages: also parts of letters that it encloses
    """
    found: list[Message] = []
    waiting = [message]
    while waiting and len(found) < MOST_PARTS:
        part = waiting.pop(0)
        found.append(part)
        inner = part.get_payload()
        if isinstance(inner, list) and (into_messages or part.get_content_maintype() != "message"):
            waiting[:0] = [one for one in inner[:MOST_PARTS] if isinstance(one, Message)]
    return found


def text_of(part: Message) -> str:
    """The text of a part, lines ended by a line feed; whatever its charset claims to be."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    return _decode(content[: 4 * MOST_TEXT], part.get_content_charset())[:MOST_TEXT].replace("\r\n", "\n")


def fields_of(part: Message) -> str:
    """The lines of a report's fields (message/delivery-status and the like), blocks apart by a blank line."""
    inner = part.get_payload()
    if not isinstance(inner, list):
        return text_of(part)
    blocks = [block for block in inner[:MOST_PARTS] if isinstance(block, Message)]
    return "\n\n".join(_lines(block) for block in blocks)[:MOST_TEXT]


def _lines(block: Message) -> str:
    rest = block.get_payload()
    told = "\n".join(f"{name}: {' '.join(str(value).split())}" for name, value in block.items())
    return f"{told}\n\n{rest}" if isinstance(rest, str) and rest.strip() else told


def _decode(content: bytes, charset: str | None) -> str:
    for name in (charset, *FALLBACKS):
        try:
            return content.decode(name or "utf-8")
        except (UnicodeError, LookupError, ValueError):
            continue
    return content.decode("utf-8", "replace")
