"""Letters composed once per wording and language, then only filled in; what arrives equals what `compose` makes."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from bot.channels.settings import EmailSettings
from bot.letters.composing import PLAIN, compose
from bot.letters.encoding import date_header, quoted_html, quoted_text, to_header
from bot.letters.forms import Form, Marks, make_form
from bot.letters.headers import clean_name, message_id, parse_mailbox, question_id
from bot.letters.return_address import ReturnAddresses, encode_token
from bot.letters.settings import LetterSettings
from bot.wording import customer_language, question_text
from scheduler.asking.policy import Policy
from scheduler.channel import Question
from scheduler.company import Company

KEPT = 64  # forms: of the kinds, languages and campaigns that are sent at once
TOKEN = re.compile(r"[A-Za-z0-9_-]+")
SOME_DATE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class FlatLetter:
    """A letter as DATA carries it, its final dot included."""

    message_id: str
    lines: bytes


class Wording(NamedTuple):
    """What the letters of one form have in common."""

    kind: str
    language: str
    question: str
    campaign: str
    about_sale: bool
    has_name: bool
    has_thread: bool


class Flattener:
    """Composes the letters of one configuration."""

    def __init__(
        self, company: Company, email: EmailSettings, policy: Policy, *, base: str,
        returns: ReturnAddresses | None = None, style: LetterSettings = PLAIN,
    ) -> None:  # fmt: skip
        """:param base: web.public_url without a slash at its end"""
        self._company, self._email, self._policy, self._base = company, email, policy, base
        self._returns, self._style = returns, style
        self._domain = parse_mailbox(email.sender).domain
        self._form = lru_cache(maxsize=KEPT)(self._compose_form)

    def compose(self, question: Question, date: datetime) -> FlatLetter:
        """The letter of one delivery; the same delivery always gets the same Message-ID.

        :raises ValueError: the address is none
        """
        assert TOKEN.fullmatch(question.token), "it stands in headers and links as it is"
        name, thread = clean_name(question.customer_name), message_id(question.thread)
        language = customer_language(question.language, self._company)
        words = question_text(language, self._policy, question.texts)
        form = self._form(
            Wording(
                question.kind,
                language,
                words,
                question.campaign,
                question.about_sale,
                name is not None,
                thread is not None,
            )
        )
        lines = form.fill(
            {
                "to": to_header(name, question.address),
                "date": date_header(date.replace(microsecond=0)),
                "token": question.token.encode("ascii"),
                "tag": encode_token(question.token).encode("ascii") if self._returns else b"",
                "thread": (thread or "").encode("ascii"),
                "name_in_text": quoted_text(name or ""),
                "name_in_html": quoted_html(name or ""),
            }
        )
        return FlatLetter(message_id=question_id(question.token, question.kind, self._domain), lines=lines)

    def _compose_form(self, wording: Wording) -> Form:
        marks = Marks()
        question = Question(
            delivery_id=0,
            kind=wording.kind,
            token=marks.token,
            address="mark@mark.example",
            language=wording.language,
            customer_name=marks.name if wording.has_name else None,
            texts={wording.language: wording.question},
            thread=marks.thread if wording.has_thread else None,
            campaign=wording.campaign,
            about_sale=wording.about_sale,
        )
        letter = compose(
            question, self._company, self._email, base=self._base, policy=self._policy, date=SOME_DATE,
            returns=self._returns, style=self._style,
        )  # fmt: skip
        return make_form(letter, marks)
