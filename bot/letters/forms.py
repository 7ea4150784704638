"""A composed letter becomes a form: fixed bytes as they go over the wire, and places for what is personal."""

import re
import secrets
from binascii import b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from bot.letters.encoding import double_dots
from bot.letters.return_address import encode_token

# In the headers; with the lines that continue them.
WHOLE = re.compile(rb"^(To|Date): [^\r]*(?:\r\n[ \t][^\r]*)*", re.MULTILINE)
NAMED = ("to", "date", "name_in_text", "name_in_html")  # values whose marks begin with the name's


def _mark() -> str:
    return f"m{secrets.token_hex(10)}m"


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What stands for the personal values in the letter that the form is made of; nothing else reads like them."""

    token: str = field(default_factory=_mark)
    name: str = field(default_factory=_mark)
    thread: str = field(default_factory=lambda: f"<{_mark()}@mark.example>")

    @property
    def places(self) -> dict[bytes, str]:
        """{mark in the form: the value's name}."""
        named = {f"{self.name}.{name}".encode(): name for name in NAMED}
        return {
            **named,
            self.token.encode(): "token",
            encode_token(self.token).encode(): "tag",
            self.thread.encode(): "thread",
        }


@dataclass(frozen=True)
class Form:
    """A letter with places to fill in."""

    pieces: list[bytes]
    places: list[tuple[int, str]]  # (index into the pieces, the value's name)

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """The letter as DATA carries it, its final dot included.

        :param values: encoded for where they stand: `to` and `date` (whole headers), `token`, `tag` (the token in
            an address of ours), `thread`, `name_in_text`, `name_in_html`
        """
        pieces = self.pieces.copy()
        for place, name in self.places:
            pieces[place] = values[name]
        return b"".join(pieces)


def make_form(letter: EmailMessage, marks: Marks) -> Form:
    """The form of a letter that was composed for the marks; the letter is used up by that."""
    for kind, place in (("plain", "name_in_text"), ("html", "name_in_html")):
        part: Any = letter.get_body((kind,))
        content: Any = part.get_payload(decode=True)
        part.set_payload(_quote(content, marks).replace(marks.name, f"{marks.name}.{place}"))
    head, blank, body = letter.as_bytes().partition(b"\r\n\r\n")
    head = WHOLE.sub(lambda header: f"{marks.name}.{header[1].decode().lower()}".encode(), head)
    lines = double_dots(head + blank + body) + b".\r\n"
    places = marks.places
    pieces = _split(lines, *places)
    return Form(pieces, [(place, places[piece]) for place, piece in enumerate(pieces) if piece in places])


def _quote(content: bytes, marks: Marks) -> str:
    """Quoted-printable, every mark between line breaks: a value of any length may take its place."""
    lines = b"\n"
    for piece in _split(content.replace(b"\r\n", b"\n"), marks.token.encode(), marks.name.encode()):
        if piece and not lines.endswith(b"\n") and not piece.startswith(b"\n"):
            lines += b"=\n"
        lines += b2a_qp(piece)
    return lines[1:].replace(b"\n", b"\r\n").decode("ascii")


def _split(content: bytes, *marks: bytes) -> list[bytes]:
    """What stands between the marks, and in every second place a mark."""
    return re.split(b"(" + b"|".join(map(re.escape, marks)) + b")", content)
