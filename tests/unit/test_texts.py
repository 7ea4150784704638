"""Words: everything that the program says has its Russian, with the same places to fill in."""

import re
from collections import Counter
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.texts import LOCALES, catalogue, spoken

BOT = Path(__file__).parents[2] / "bot"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "plural": (2, 3), "ngettext": (1, 2)}


def said() -> dict[str, tuple[str, ...]]:
    """{msgid: (singular, plural …)} of everything that the code says, with where it says it."""
    found: dict[str, tuple[str, ...]] = {}
    for _file, _line, message, _comments, _context in extract_from_dir(str(BOT), METHODS, keywords=KEYWORDS):
        forms = message if isinstance(message, tuple) else (message,)
        found[forms[0]] = forms
    return found


def places(text: str) -> set[str]:
    """The names to be filled in."""
    return set(re.findall(r"{(\w*)", text))


def test_everything_said_has_its_russian_with_the_same_places() -> None:
    with (LOCALES / "ru.po").open("rb") as source:
        russian = {
            (message.id if isinstance(message.id, str) else message.id[0]): message
            for message in read_po(source, locale="ru")
            if message.id
        }
    english = said()
    assert len(english) > 50
    assert set(english) - set(russian) == set(), "said, but not in ru.po"
    assert set(russian) - set(english) == set(), "in ru.po, but said nowhere"
    for msgid, message in russian.items():
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        assert all(forms), f"no Russian for {msgid!r}"
        wanted = set().union(*(places(form) for form in english[msgid]))
        assert set().union(*(places(form) for form in forms)) == wanted, msgid


def test_no_words_are_translated_twice() -> None:
    lines = (LOCALES / "ru.po").read_text(encoding="utf-8").splitlines()
    counted = Counter(line for line in lines if line.startswith("msgid ") and line != 'msgid ""')
    assert [line for line, count in counted.items() if count > 1] == []


def test_a_language_that_is_not_spoken_falls_back() -> None:
    assert spoken("ru-RU", "en") == "ru"
    assert spoken("EN", "ru") == "en"
    assert spoken("de", "ru") == "ru"
    assert spoken(None, "en") == "en"
    assert catalogue("xx").gettext("Save") == "Save"
