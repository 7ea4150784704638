"""A message as it goes over the wire: who sends it, who gets it, its lines with the final dot."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

from aiosmtplib.email import quote_address
from aiosmtplib.protocol import normalize_message_line_endings

from bot.letters.encoding import double_dots
from bot.letters.flattening import FlatLetter
from bot.letters.headers import wire_address
from scheduler.channel import Question, Undeliverable


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One message for one recipient."""

    message_id: str
    sender: bytes  # as MAIL takes it: <address>
    recipient: bytes  # as RCPT takes it
    lines: bytes  # as DATA takes them
    question: Question | None = None  # None: it is told to somebody, and asks nothing

    @property
    def is_utf8(self) -> bool:
        """An address is beyond ASCII: the server must offer SMTPUTF8."""
        return not (self.sender.isascii() and self.recipient.isascii())


def enclose(message: EmailMessage, sender: str, recipient: str) -> Envelope:
    """The message on its way from a sender as in the settings (`Name <address>`) to a bare address.

    :raises Undeliverable: the recipient's address is none
    """
    addresses: dict[str, Any] = {"sender": sender_path(sender), "recipient": _path(recipient)}
    is_utf8 = not b"".join(addresses.values()).isascii()
    policy: Any = message.policy
    lines = normalize_message_line_endings(message.as_bytes(policy=policy.clone(utf8=is_utf8)))
    return Envelope(message_id=str(message["Message-ID"] or ""), lines=double_dots(lines) + b".\r\n", **addresses)


def seal(letter: FlatLetter, sender: bytes, question: Question) -> Envelope:
    """`enclose` for a question's letter, which is flat already.

    :param sender: as `sender_path` makes it
    """
    recipient = _path(question.address)
    return Envelope(
        message_id=letter.message_id, sender=sender, recipient=recipient, lines=letter.lines, question=question
    )  # fmt: skip


@lru_cache(maxsize=8)
def sender_path(sender: str) -> bytes:
    """A sender as in the settings, as MAIL takes it."""
    return quote_address(wire_address(parseaddr(sender)[1])).encode("utf-8")


def _path(address: str) -> bytes:
    try:
        wire = wire_address(address)
        path = quote_address(wire)
    except ValueError as error:  # no mailbox has a control character in its name, no domain an empty label
        raise Undeliverable("bounced") from error
    if path != f"<{wire}>":
        raise Undeliverable("bounced")  # the library would read another address out of it
    return path.encode("utf-8")
