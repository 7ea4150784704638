"""Every word a person reads: English in the code, Russian in locales/ru.po (gettext), read as it stands."""

import io
from collections.abc import Callable
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locales"
LANGUAGES = ("ru", "en")

Translator = Callable[[str], str]


@cache
def catalogue(language: str) -> NullTranslations:
    """The catalogue of a language; English, the language of the code, where there is none."""
    path = LOCALES / f"{language}.po"
    if language not in LANGUAGES or not path.is_file():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def translator(language: str) -> Translator:
    """The gettext function of a language (two letters)."""
    return catalogue(language).gettext


def plural(language: str, singular: str, several: str, count: int) -> str:
    """The form of a message that fits `count`, with {count} filled in."""
    return catalogue(language).ngettext(singular, several, count).format(count=count)


def quoted(words: str, language: str) -> str:
    """Between the quotation marks of the language."""
    return f"«{words}»" if language == "ru" else f"“{words}”"


def spoken(language: str | None, fallback: str) -> str:
    """The language to use with a customer: their own where we speak it, else the fallback."""
    short = (language or "").lower()[:2]
    return short if short in LANGUAGES else fallback
