"""A letter as the mail server took it."""

from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cached_property


@dataclass(frozen=True)
class Letter:
    mail_from: str
    rcpt_tos: tuple[str, ...]
    raw: bytes
    """As it came over the wire, with the dots unstuffed."""
    at: datetime

    @cached_property
    def message(self) -> EmailMessage:
        return BytesParser(policy=policy.default).parsebytes(self.raw)
