"""A score split up, as lines of text: each with its answers and how sure it is; too few are said to be too few."""

from datetime import date

from babel.dates import format_date

from bot.reports import numbers, sentences
from bot.texts import translator
from scheduler.company import Company
from scheduler.figures.segments import Field, Segment, Segments
from scheduler.figures.spans import Span

MOST_ROWS = 100  # in a chat; more would be a flood


def segments_text(split: Segments, company: Company, *, most: int = MOST_ROWS) -> str:
    """Plain text; what is longer than a message is parted between lines by whoever sends it.

    :param most: rows
    """
    language = company.language
    _ = translator(language)
    lines = [_title(split, language), span_words(split.span, language), ""]
    if not split.total.n:
        return "\n".join([*lines, _("There are no answers in this time.")])
    if not split.fields:
        shares = sentences.categories(language, split.total)
        return "\n".join(
            [*lines, sentences.score(language, split.total), *(f"{name}: {n} ({part})" for name, n, part in shares)]
        )
    lines += [_row(split, row, company) for row in split.rows[:most]]
    if len(split.rows) > most:
        lines.append(_("… and {count} more").format(count=len(split.rows) - most))
    return "\n".join([*lines, "", *_foot(split, language)])


def span_words(span: Span, language: str) -> str:
    """1–30 November 2026."""
    if span.first == span.last:
        return format_date(span.first, "d MMMM y", locale=language)
    return numbers.days(language, span.first, span.last)


def field_names(language: str) -> dict[Field, str]:
    """What a score is split by, as the title says it."""
    _ = translator(language)
    return {
        Field.STORE: _("by store"),
        Field.MANAGER: _("by manager"),
        Field.PRODUCT: _("by product"),
        Field.PRODUCT_GROUP: _("by product group"),
        Field.CHANNEL: _("by channel"),
        Field.CAMPAIGN: _("by campaign"),
        Field.WEEK: _("by week"),
        Field.MONTH: _("by month"),
        Field.QUARTER: _("by quarter"),
        Field.YEAR: _("by year"),
    }


def _title(split: Segments, language: str) -> str:
    return " ".join(["NPS", *(field_names(language)[field] for field in split.fields)])


def _row(split: Segments, row: Segment, company: Company) -> str:
    language = company.language
    named = zip(split.fields, row.values, strict=True)
    name = ", ".join(_name(field, value, language) for field, value in named)
    few = f" — {sentences.too_few(language)}" if row.is_thin else ""
    return f"{name}: {sentences.score(language, row.counts)}{few}"


def _foot(split: Segments, language: str) -> list[str]:
    _ = translator(language)
    lines = [_("Altogether: {score}").format(score=sentences.score(language, split.total))]
    if any(field.counts_several for field in split.fields):
        lines.append(_("An answer counts for every product of its sale, so the lines come to more than the whole."))
    if any(row.interval for row in split.rows):
        lines.append(sentences.footnote(language))
    return lines


def _name(field: Field, value: str | None, language: str) -> str:
    _ = translator(language)
    if value is None:
        return {
            Field.STORE: _("without a store"),
            Field.MANAGER: _("without a manager"),
            Field.PRODUCT: _("without a product"),
            Field.PRODUCT_GROUP: _("without a group"),
        }.get(field, "—")
    if field is Field.CHANNEL:
        return _channels(language).get(value, value)
    if field is Field.MONTH:
        return format_date(date.fromisoformat(f"{value}-01"), "LLLL y", locale=language)
    return sentences.one_line(value, sentences.LONGEST_NAME)


def _channels(language: str) -> dict[str, str]:
    _ = translator(language)
    return {
        "telegram": "Telegram",
        "email": _("e-mail"),
        "web": _("site"),
        "phone": _("phone"),
        "manual": _("by hand"),
        "import": _("imported"),
    }
