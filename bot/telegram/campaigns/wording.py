"""A draft in words: what was chosen so far, line by line."""

from babel.dates import format_date

from bot.reports.campaigns import say_money
from bot.reports.numbers import percent
from bot.telegram.campaigns.draft import Draft
from bot.texts import Translator, quoted, translator
from nps.score import Category
from scheduler.company import Company


def overview_text(draft: Draft, company: Company) -> str:
    """Plain text."""
    _ = translator(company.language)
    lines = [
        _("New campaign: {name}").format(name=draft.name),
        "",
        _("Sales: {window}").format(window=say_window(draft, company)),
        _("Stores: {names}").format(names=", ".join(draft.audience.stores) or _("all")),
        _("Product groups: {names}").format(names=", ".join(draft.audience.product_groups) or _("all")),
        _("Amount of a sale: {amount}").format(amount=say_least(draft, company)),
        _("Latest answer: {category}").format(category=category_words(_)[draft.audience.last_category]),
        _("How many: {sample}").format(sample=say_sample(draft, company.language)),
        _("Question: {question}").format(question=_say_question(draft, company.language)),
    ]
    return "\n".join(lines)


def say_window(draft: Draft, company: Company) -> str:
    """The days of the sales."""
    _ = translator(company.language)
    first, last = (
        format_date(day, "d MMM y", locale=company.language) if day else None
        for day in (draft.audience.sold_from, draft.audience.sold_to)
    )
    if first and last:
        return _("{first} to {last}").format(first=first, last=last)
    return _("since {first}").format(first=first) if first else _("at any time")


def say_least(draft: Draft, company: Company) -> str:
    """The amount from which a sale counts."""
    _ = translator(company.language)
    least = say_money(draft.audience.amount_from, company)
    return _("any") if least is None else _("at least {amount}").format(amount=least)


def say_sample(draft: Draft, language: str) -> str:
    """How many of those who can be asked are."""
    audience, _ = draft.audience, translator(language)
    if audience.sample_share is not None:
        return percent(language, 100 * audience.sample_share)
    return str(audience.sample_size) if audience.sample_size is not None else _("everybody who can be asked")


def category_words(_: Translator) -> dict[Category | None, str]:
    """Whose latest answer counts."""
    return {
        None: _("whatever it was, or none"),
        Category.PROMOTER: _("promoters"),
        Category.PASSIVE: _("passives"),
        Category.DETRACTOR: _("detractors"),
    }


def _say_question(draft: Draft, language: str) -> str:
    _ = translator(language)
    if not draft.question:
        return _("the usual one")
    return "; ".join(f"{one}: {quoted(text, language)}" for one, text in draft.question.items())
