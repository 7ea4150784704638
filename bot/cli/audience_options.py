"""Options that describe an audience, and what was typed as the audience itself."""

from collections.abc import Callable
from datetime import date
from typing import Any

import click

from bot.config import ConfigError
from bot.texts import LANGUAGES
from bot.typed import read_money, read_sample
from nps.score import Category
from scheduler.asking.audience import Audience
from scheduler.company import Company

_OPTIONS = (
    click.option("--from", "--since", "sold_from", metavar="DATE", help="Sales from this day on (company time)."),
    click.option("--to", "--until", "sold_to", metavar="DATE", help="Sales to this day, included."),
    click.option("--min-amount", "amount_from", metavar="MONEY", help="Sales of at least so much, as 1000.50."),
    click.option("--max-amount", "amount_to", metavar="MONEY", help="Sales of at most so much."),
    click.option("--product", "products", multiple=True, metavar="NAME", help="Sales with a line of this product."),
    click.option("--group", "--product-group", "product_groups", multiple=True, metavar="NAME",
                 help="Sales with a line of this product group."),
    click.option("--store", "stores", multiple=True, metavar="NAME", help="Sales of this store."),
    click.option("--manager", "managers", multiple=True, metavar="NAME", help="Sales of this manager."),
    click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE",
                 help="Customers with this attribute, kept by `customers import --attribute`."),
    click.option("--last-category", type=click.Choice([str(one) for one in Category]),
                 help="Customers whose latest answer made them this."),
    click.option("--answered-from", metavar="DATE", help="That answer came on this day or later."),
    click.option("--answered-to", metavar="DATE", help="That answer came on this day or before."),
    click.option("--sample", metavar="NUMBER|SHARE%", help="Only so many, or this share, of those who can be asked."),
    click.option("--seed", type=int, help="The same seed takes the same sample; default: survey.seed."),
)  # fmt: skip


def audience_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What a person may say about an audience; see `read_audience`. All that is said must hold."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_audience(company: Company, said: dict[str, Any]) -> Audience:
    """What was typed, as campaigns keep it.

    :raises ConfigError: an option makes no sense
    """
    size, share = _sample(said["sample"])
    return Audience(
        sold_from=_day("--from", said["sold_from"]),
        sold_to=_day("--to", said["sold_to"]),
        amount_from=_money("--min-amount", said["amount_from"], company),
        amount_to=_money("--max-amount", said["amount_to"], company),
        products=said["products"],
        product_groups=said["product_groups"],
        stores=said["stores"],
        managers=said["managers"],
        attributes=dict(_pair("--attribute", one) for one in said["attributes"]),
        last_category=Category(said["last_category"]) if said["last_category"] else None,
        answered_from=_day("--answered-from", said["answered_from"]),
        answered_to=_day("--answered-to", said["answered_to"]),
        sample_size=size,
        sample_share=share,
        seed=said["seed"],
    )


def read_question(texts: tuple[str, ...], company: Company) -> dict[str, str] | None:
    """{language: wording} of `--question TEXT` (the company's language) and `--question en=TEXT`."""
    found: dict[str, str] = {}
    for text in texts:
        language, sign, wording = text.partition("=")
        is_named = bool(sign) and len(language.strip()) == 2 and language.strip().isalpha()
        if is_named and language.strip().lower() not in LANGUAGES:
            raise ConfigError(f"--question {language.strip()}=…: not spoken here; {' or '.join(LANGUAGES)}")
        found[language.strip().lower() if is_named else company.language] = (wording if is_named else text).strip()
    return found or None


def _day(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{option} {text!r} is no day: write 2026-11-23") from error


def _money(option: str, text: str | None, company: Company) -> int | None:
    if text is None:
        return None
    try:
        return read_money(text, company.currency)
    except ValueError as error:
        raise ConfigError(f"{option} {text!r} is no amount of {company.currency}: write 1000.50") from error


def _sample(text: str | None) -> tuple[int | None, float | None]:
    """(size, share) of which one is said, or none."""
    if text is None:
        return None, None
    try:
        return read_sample(text)
    except ValueError as error:
        raise ConfigError(f"--sample {text!r}: write a number of customers as 500, or a share as 20%") from error


def _pair(option: str, text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise ConfigError(f"{option} {text}: write NAME=VALUE")
    return name.strip(), value.strip()
