"""The digest as text: the same in the terminal, in Telegram and in the plain part of a letter."""

from dataclasses import dataclass
from html import escape

from bot.reports import numbers, sentences
from bot.texts import translator
from scheduler.company import Company
from scheduler.figures.digest import Digest
from storage.counts import Remark

MESSAGE_LIMIT = 4096  # UTF-16 units of a Telegram message


@dataclass(frozen=True)
class Paragraph:
    """Lines that belong together, under a title or none."""

    title: str | None
    lines: tuple[str, ...]


def paragraphs(digest: Digest, company: Company) -> list[Paragraph]:
    """The whole digest; as many comments as leave it short enough for one Telegram message."""
    remarks = list(digest.remarks)
    found = _paragraphs(digest, company, remarks)
    while remarks and _length(plain(found)) > MESSAGE_LIMIT:
        remarks.pop()
        found = _paragraphs(digest, company, remarks)
    return found


def plain(found: list[Paragraph]) -> str:
    """For a terminal and the plain part of a letter."""
    return "\n\n".join("\n".join((*([each.title] if each.title else []), *each.lines)) for each in found)


def markup(found: list[Paragraph]) -> str:
    """As Telegram's HTML, titles in bold; nothing that a customer wrote can be taken for a tag."""
    return "\n\n".join(
        "\n".join((*([f"<b>{escape(each.title)}</b>"] if each.title else []), *(escape(line) for line in each.lines)))
        for each in found
    )


def caption(digest: Digest, company: Company) -> str:
    """The least to say beside the picture, as Telegram's HTML; far below its limit of 1024."""
    return markup([Paragraph(_title(digest, company), (sentences.headline(company.language, digest.now.counts),))])


def subject(digest: Digest, company: Company) -> str:
    """Of the letter: the score first."""
    language = company.language
    where = f"{_name(digest, company)}, {numbers.days(language, digest.week.first, digest.week.last)}"
    return f"{sentences.score(language, digest.now.counts)} · {where}"


def _paragraphs(digest: Digest, company: Company, remarks: list[Remark]) -> list[Paragraph]:
    language = company.language
    _ = translator(language)
    found = [
        Paragraph(_title(digest, company), _score_lines(language, digest)),
        Paragraph(None, _asking_lines(language, digest)),
        Paragraph(_("Longer periods"), tuple(sentences.rolling(language, each) for each in digest.rolling)),
        Paragraph(_("Week by week"), sentences.trend(language, digest)),
    ]
    if remarks:
        told = tuple(sentences.remark(language, each) for each in remarks)
        found.append(Paragraph(_("Newest comments of detractors"), told))
    if any(each.interval for each in digest.rolling):
        found.append(Paragraph(None, (sentences.footnote(language),)))
    return found


def _score_lines(language: str, digest: Digest) -> tuple[str, ...]:
    now = digest.now
    lines = [sentences.headline(language, now.counts)]
    if now.counts.n:
        shares = (f"{name} {n} ({share})" for name, n, share in sentences.categories(language, now.counts))
        lines += [" · ".join(shares).capitalize(), sentences.change(language, digest)]
    warning = sentences.warning(language, now)
    return (*lines, *([f"⚠ {warning}"] if warning else []))


def _asking_lines(language: str, digest: Digest) -> tuple[str, ...]:
    more = (sentences.silence(language, digest), sentences.recovery(language, digest.recovery))
    return (*sentences.asking(language, digest.now), *filter(None, more))


def _title(digest: Digest, company: Company) -> str:
    return f"{_name(digest, company)} · {sentences.period(company.language, digest.now)}"


def _name(digest: Digest, company: Company) -> str:
    names = (company.name, digest.store) if digest.store else (company.name,)
    return ", ".join(sentences.one_line(name, sentences.LONGEST_NAME) for name in names)


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
