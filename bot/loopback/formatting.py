"""Text with HTML as Telegram takes it: plain text and entities, or a refusal in Telegram's words."""

import re
from dataclasses import dataclass, field
from html import unescape

from bot.loopback.refusals import Refusal, bad_request
from bot.loopback.shapes import Json

_ENTITY_OF_TAG = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler",
    "code": "code", "pre": "pre", "a": "text_link", "blockquote": "blockquote", "tg-emoji": "custom_emoji",
}  # fmt: skip
_ATTRIBUTES = r"""(?:\s+[^\s=>]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+))?)*"""
_TAG = re.compile(rf"<(?P<end>/?)(?P<name>[^\s>]*)(?P<attributes>{_ATTRIBUTES})\s*>")
_ATTRIBUTE = re.compile(r"""([^\s=>]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+))?""")
# The only names Telegram knows; any other `&name;` stays as it is written.
_CHARACTER = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,8}|#[xX][0-9a-fA-F]{1,8});?")


@dataclass(frozen=True)
class _Open:
    tag: str
    offset: int
    extra: Json


@dataclass
class _Reading:
    source: str
    text: str = ""
    open: list[_Open] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)

    def refusal(self, words: str, position: int, rest: str = "") -> Refusal:
        offset = len(self.source[:position].encode())
        return bad_request(f"can't parse entities: {words} at byte offset {offset}{rest}")


def read_text(text: str, parse_mode: str | None, entities: list[Json] | None) -> tuple[str, list[Json]]:
    """
    The text without its markup, trimmed, and its entities with offsets in UTF-16 units.

    Of the parse modes only HTML is spoken here.

    :raises Refusal: markup that Telegram doesn't take
    """
    if not parse_mode:
        return _trim(text, entities or [])
    if parse_mode.lower() != "html":
        raise bad_request("unsupported parse_mode")
    return _trim(*_read_html(text))


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _read_html(source: str) -> tuple[str, list[Json]]:
    reading = _Reading(source)
    position = 0
    while (start := source.find("<", position)) >= 0:
        reading.text += _decode(source[position:start])
        position = _read_tag(reading, start)
    reading.text += _decode(source[position:])
    if reading.open:
        tag = reading.open[-1].tag
        raise bad_request(f"can't parse entities: Can't find end tag corresponding to start tag \"{tag}\"")
    return reading.text, sorted(reading.entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _read_tag(reading: _Reading, start: int) -> int:
    """Opens or closes the tag that begins there; the position after it."""
    tag = _TAG.match(reading.source, start)
    if tag is None:
        kind = "end" if reading.source.startswith("</", start) else "start"
        raise reading.refusal(f"Unclosed {kind} tag", start)
    if tag["end"]:
        _close(reading, tag["name"].lower(), start)
    else:
        _open(reading, tag["name"].lower(), tag["attributes"], start)
    return tag.end()


def _open(reading: _Reading, tag: str, attributes: str, start: int) -> None:
    if tag not in _ENTITY_OF_TAG:
        raise reading.refusal(f'Unsupported start tag "{tag}"', start)
    given = {name.lower(): unescape(value.strip("\"'")) for name, value in _ATTRIBUTE.findall(attributes)}
    if tag == "span" and given.get("class") != "tg-spoiler":
        raise reading.refusal('Tag "span" must have class "tg-spoiler"', start)
    reading.open.append(_Open(tag, utf16_length(reading.text), _extra(tag, given)))


def _extra(tag: str, given: dict[str, str]) -> Json:
    if tag == "a":
        return {"url": given["href"]} if given.get("href") else {}
    if tag == "tg-emoji":
        return {"custom_emoji_id": given.get("emoji-id", "")}
    if tag == "blockquote" and "expandable" in given:
        return {"type": "expandable_blockquote"}
    language = given.get("class", "").removeprefix("language-")
    return {"language": language} if tag == "code" and language else {}


def _close(reading: _Reading, tag: str, start: int) -> None:
    if not reading.open:
        raise reading.refusal("Unexpected end tag", start)
    opened = reading.open.pop()
    if tag not in ("", opened.tag):
        raise reading.refusal("Unmatched end tag", start, f', expected "</{opened.tag}>", found "</{tag}>"')
    length = utf16_length(reading.text) - opened.offset
    is_dead_link = opened.tag == "a" and not opened.extra
    if length and not is_dead_link:
        place: Json = {"type": _ENTITY_OF_TAG[opened.tag], "offset": opened.offset, "length": length}
        reading.entities.append(place | opened.extra)


def _decode(text: str) -> str:
    return _CHARACTER.sub(lambda match: unescape(match[0].rstrip(";") + ";"), text)


def _trim(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Telegram takes the white space at both ends away."""
    lead = utf16_length(text) - utf16_length(text.lstrip())
    text = text.strip()
    kept = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        end = min(entity["offset"] + entity["length"] - lead, utf16_length(text))
        if end > start:
            kept.append(entity | {"offset": start, "length": end - start})
    return text, kept
