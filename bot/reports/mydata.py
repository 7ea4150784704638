"""What is stored about a customer, as a text that they can read."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from babel.numbers import format_currency

from bot.texts import Translator, translator
from bot.wording import choice_labels, files_text, second_text
from scheduler.company import Company
from storage.attachments import kinds_of
from storage.choices import SecondQuestion
from storage.money import decimals
from storage.mydata import MyData
from storage.statuses import ResponseSource


def mydata_text(data: MyData, company: Company, language: str, labels: dict[str, str]) -> str:
    """In the customer's language, times of the company's zone; an empty section is left out.

    :param labels: of the reasons that can be ticked, by key
    """
    page = _Page(company, language, labels)
    heading = page._("What {company} has stored about you").format(company=company.name)
    parts = [
        [heading], page.about(data), page.sales(data), page.asked(data), page.answered(data), page.written(data),
    ]  # fmt: skip
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


class _Page:
    def __init__(self, company: Company, language: str, labels: dict[str, str]) -> None:
        self.company, self.language, self.labels = company, language, labels
        self._: Translator = translator(language)

    def about(self, data: MyData) -> list[str]:
        _, one = self._, data.customer
        kinds = {"email": _("E-mail"), "phone": _("Phone"), "telegram": _capital(_("Telegram chat"))}
        stopped = _("no questions any more since") if one.opted_out_at else ""
        known: dict[str, Any] = {
            _("Your number with us"): one.external_id,
            _("Name"): one.name,
            _("Language"): one.language,
            _("Time zone"): one.timezone,
            _("How you came to us"): one.acquired_by or (_("by a friend's link") if data.is_referred else None),
            _("Friends who came by your link"): data.friends or None,
            **{kinds.get(row.kind, row.kind): row.value for row in data.addresses},
            **(one.attributes or {}),
            _capital(stopped): one.opted_out_at and self._at(one.opted_out_at),
        }
        return [f"{name}: {value}" for name, value in known.items() if value not in (None, "")]

    def sales(self, data: MyData) -> list[str]:
        return self._section(self._("Purchases"), (self._sale(row) for row in data.sales))

    def asked(self, data: MyData) -> list[str]:
        lines = (f"{self._at(row.handed_at)}, {row.channel}" for row in data.questions)
        return self._section(self._("When we asked you"), lines)

    def answered(self, data: MyData) -> list[str]:
        said = [
            (row.answered_at, str(row.score), self._way(row), *self._reasons(row), row.comment, self._files(row))
            for row in data.answers
        ]
        said += [(row.answered_at, *self._second(row)) for row in data.seconds]
        said += [(row.at, row.text) for row in data.comments]
        lines = (", ".join((self._at(at), *(part for part in parts if part))) for at, *parts in said)
        return self._section(self._("What you answered"), lines)

    def written(self, data: MyData) -> list[str]:
        lines = (f"{self._at(row.at)}, {row.text}" for row in data.letters)
        return self._section(self._("What we wrote to you"), lines)

    def _sale(self, row: Any) -> str:
        amount = format_currency(row.amount / 10 ** decimals(row.currency), row.currency, locale=self.language)
        kept = [f"{name}: {value}" for name, value in (row.attributes or {}).items()]
        return ", ".join(part for part in (self._at(row.sold_at), row.external_id, amount, row.store, *kept) if part)

    def _way(self, row: Any) -> str:
        return self._("in reply to our letter") if row.source == ResponseSource.REPLY else ""

    def _reasons(self, row: Any) -> list[str]:
        return [self.labels.get(key, key) for key in row.reasons or ()]

    def _files(self, row: Any) -> str:
        return files_text(self.language, kinds_of(row.attachments))

    def _second(self, row: Any) -> list[str]:
        question = SecondQuestion(row.question)
        return [f"{second_text(self.language, question)} {choice_labels(self.language, question)[row.choice]}"]

    def _section(self, heading: str, lines: Iterator[str]) -> list[str]:
        found = list(lines)
        return [f"{heading}:", *(f"- {line}" for line in found)] if found else []

    def _at(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.company.zone):%d.%m.%Y %H:%M}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
