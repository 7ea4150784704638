"""Letters that are only looked at: written into a file, or sent to one of the shop's own; their links store nothing."""

import base64
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from bot.channels.settings import EmailSettings
from bot.config import Settings
from bot.letters.composing import LOGO_ID, compose
from bot.letters.return_address import return_addresses
from bot.letters.settings import load_logo
from bot.links import TEST_TOKEN
from scheduler.channel import Question
from storage.statuses import DeliveryKind

NOBODY = "customer@example.com"
ENDINGS = (".html", ".htm", ".txt", ".eml")
UNSET = EmailSettings(host="localhost", sender="molva@example.com")


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who would get it."""

    address: str | None = None
    name: str | None = None
    language: str | None = None


def compose_trial(
    settings: Settings, reader: Reader, date: datetime, *, is_reminder: bool = False, is_test: bool = False
) -> EmailMessage:
    """The letter as this reader would get it, but for its links.

    :raises UnicodeError: the domain of the address is no domain
    """
    question = Question(
        delivery_id=0,
        kind=DeliveryKind.REMINDER if is_reminder else DeliveryKind.QUESTION,
        token=TEST_TOKEN,
        address=reader.address or NOBODY,
        language=reader.language or settings.company.language,
        customer_name=reader.name,
        texts=None,
        campaign="test" if is_test else "daily",
    )
    return compose(
        question,
        settings.company,
        settings.email or UNSET,
        base=settings.web.base,
        policy=settings.survey,
        date=date,
        returns=return_addresses(settings.mailbox),
        style=settings.letters,
        is_test=is_test,
    )


def shown_as(letter: EmailMessage, ending: str, logo: str) -> bytes:
    """A file's content by its ending: the page, its picture inside; the plain text; the whole letter.

    :param logo: the file of the settings; empty: none goes with the letter
    """
    if ending == ".eml":
        return letter.as_bytes()
    part: Any = letter.get_body(("plain" if ending == ".txt" else "html",))
    content: str = part.get_content().replace("\r\n", "\n")
    if logo and ending != ".txt":
        picture, kind = load_logo(logo)
        content = content.replace(f"cid:{LOGO_ID}", f"data:image/{kind};base64,{base64.b64encode(picture).decode()}")
    return content.encode("utf-8")
