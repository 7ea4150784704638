"""The reasons from which a customer can choose after a score, as the shop sets them per category."""

import re
from collections.abc import Iterator, Mapping, Sequence

from nps.score import Category, category

Reasons = Mapping[str, Sequence[Mapping[str, str]]]  # category → [{key, and a label per language}]

MOST = 8  # of a category: more are not read
LONGEST = 40  # characters of a label: a button
KEY = "key"
_KEY = re.compile(r"[a-z0-9_-]{1,24}")


def labels_of(reasons: Reasons, score: int, language: str) -> dict[str, str]:
    """{key: label} in the language, else in one that there is, of the category of a score."""
    return {one[KEY]: label_in(_labels(one), language) for one in reasons.get(category(score), ())}


def label_in(labels: Mapping[str, str], language: str) -> str:
    """The label in the language, else in one that there is."""
    return labels.get(language) or next(iter(labels.values()))


def problems_of(reasons: Reasons, languages: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(key below `reasons`, what is wrong)."""
    for name, listed in reasons.items():
        if name not in set(Category):
            yield name, f"is no category: {', '.join(Category)}"
        if len(listed) > MOST:
            yield name, f"has {len(listed)} reasons: more than {MOST} are not read"
        keys = [one.get(KEY, "") for one in listed]
        if len(set(keys)) < len(keys):
            yield name, "names a key twice"
        for one in listed:
            yield from ((name, wrong) for wrong in _problems_of_one(one, languages))


def _problems_of_one(one: Mapping[str, str], languages: Sequence[str]) -> Iterator[str]:
    if not _KEY.fullmatch(one.get(KEY, "")):
        yield f'{one.get(KEY, "")!r} is no key: write key = "delivery", small letters, digits, - and _, at most 24'
    yield from problems_of_labels(one.get(KEY, ""), _labels(one), languages)


def problems_of_labels(name: str, labels: Mapping[str, str], languages: Sequence[str]) -> Iterator[str]:
    """What is wrong with the words of a button, named so, in the languages that are spoken."""
    if not labels:
        yield f"{name!r} has no words: add {' or '.join(languages)}"
    for language, label in labels.items():
        if language not in languages:
            yield f"{language!r} is not spoken here: {' or '.join(languages)}"
        if not label.strip() or len(label) > LONGEST or not label.isprintable():
            yield f"{label[:60]!r} cannot be a button: one line of 1 to {LONGEST} characters"


def _labels(one: Mapping[str, str]) -> dict[str, str]:
    return {name: label for name, label in one.items() if name != KEY}
