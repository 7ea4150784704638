"""Personal values of a letter, encoded for where they stand: in a header, in plain text, in HTML."""

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from markupsafe import escape

from bot.letters.headers import LETTER_POLICY, mailbox, wire_address

WIDTH = 76  # characters a line
WORD_BYTES = 45  # of UTF-8 in an encoded word behind "To: "
SPECIAL = re.compile(r'["\\]|=\?')  # in an ASCII name: a quoted string would need escapes, or be taken for encoded
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+)*@[A-Za-z0-9.-]+")


@lru_cache(maxsize=8)
def date_header(date: datetime) -> bytes:
    """`Date: …` of an aware moment of whole seconds."""
    return f"Date: {format_datetime(date)}".encode("ascii")


def to_header(name: str | None, address: str) -> bytes:
    """`To: …`, folded; ASCII unless the address's local part is beyond it.

    :param name: as `clean_name` leaves it
    :raises UnicodeError: the domain of the address is no domain
    """
    wire = wire_address(address)
    if len(wire) > WIDTH - 4 or not PLAIN_ADDRESS.fullmatch(wire):
        return _by_library(name, address)
    if not name:
        return b"To: " + wire.encode("ascii")
    start = b"To: " + _phrase(name)
    gap = b" " if len(start) - start.rfind(b"\n") + len(wire) + 3 <= WIDTH else b"\r\n "
    return b"%b%b<%b>" % (start, gap, wire.encode("ascii"))


def quoted_text(text: str) -> bytes:
    """A line of text in quoted-printable from a line's begin on, dots doubled; a soft line break fits behind it."""
    return double_dots(b2a_qp(text.encode("utf-8")).replace(b"\n", b"\r\n"))


def quoted_html(text: str) -> bytes:
    """Text between tags in quoted-printable, as `quoted_text`."""
    return quoted_text(str(escape(text)))


def double_dots(lines: bytes) -> bytes:
    """Lines that begin with a dot get another (RFC 5321, 4.5.2); their ends must be as mail has them."""
    return (b"\r\n" + lines).replace(b"\r\n.", b"\r\n..")[2:]


def _phrase(name: str) -> bytes:
    if name.isascii() and not SPECIAL.search(name):
        return b'"%b"' % name.encode("ascii")
    words = (b2a_base64(word, newline=False) for word in _words(name))
    return b"\r\n ".join(b"=?utf-8?b?%b?=" % word for word in words)


def _words(name: str) -> Iterator[bytes]:
    """UTF-8 in pieces that fit encoded words; no character is cut."""
    word = b""
    for character in map(str.encode, name):
        if len(word) + len(character) > WORD_BYTES:
            yield word
            word = b""
        word += character
    yield word


def _by_library(name: str | None, address: str) -> bytes:
    header = LETTER_POLICY.header_factory("To", mailbox(name, address))
    policy = LETTER_POLICY if address.isascii() else LETTER_POLICY.clone(utf8=True)
    return policy.fold("To", header).removesuffix("\r\n").encode("utf-8")
