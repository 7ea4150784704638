"""A message as it goes over the wire: who sends it, who gets it, its bytes with the final dot."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

from aiosmtplib.protocol import normalize_message_line_endings

from bot.letters.headers import wire_address
from scheduler.channel import Undeliverable


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One message for one recipient."""

    sender: str
    recipient: str
    body: bytes
    is_utf8: bool  # an address is beyond ASCII: the server must offer SMTPUTF8

    @property
    def encoding(self) -> str:
        """Of the addresses in commands."""
        return "utf-8" if self.is_utf8 else "ascii"


def enclose(message: EmailMessage, sender: str, recipient: str) -> Envelope:
    """The message on its way from a sender as in the settings (`Name <address>`) to a bare address.

    :raises Undeliverable: an address has a domain that is none
    """
    try:
        bare, to = wire_address(parseaddr(sender)[1]), wire_address(recipient)
    except UnicodeError as error:
        raise Undeliverable("bounced") from error
    is_utf8 = not (bare + to).isascii()
    policy: Any = message.policy
    body = message.as_bytes(policy=policy.clone(utf8=is_utf8))
    return Envelope(sender=bare, recipient=to, body=_stuff(body), is_utf8=is_utf8)


def _stuff(body: bytes) -> bytes:
    """With the final dot; lines that begin with one get another (RFC 5321, 4.5.2)."""
    lines = normalize_message_line_endings(body)
    doubled = lines.replace(b"\r\n.", b"\r\n..")
    return (b"." + doubled if doubled.startswith(b".") else doubled) + b".\r\n"
