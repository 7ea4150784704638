"""The score and what it makes of a customer: the one place that knows who is a promoter."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SCORES = range(11)
PROMOTERS = range(9, 11)
PASSIVES = range(7, 9)
DETRACTORS = range(7)

_WRITTEN = {str(score): score for score in SCORES}


class NotAScore(ValueError):
    """What was given is not a whole number from 0 to 10; nothing may be recorded."""

    def __init__(self, given: object) -> None:
        shown = repr(given)
        shown = shown if len(shown) <= 40 else shown[:39] + "…"
        super().__init__(f"{shown} is not a score: a whole number from 0 to 10 is wanted")


class Category(StrEnum):
    """What a score makes of a customer; every score has exactly one."""

    PROMOTER = "promoter"  # recommends: 9 and 10
    PASSIVE = "passive"  # content, silent: 7 and 8
    DETRACTOR = "detractor"  # warns others: 0 to 6

    @property
    def scores(self) -> range:
        return _SCORES_OF[self]


_SCORES_OF = {Category.PROMOTER: PROMOTERS, Category.PASSIVE: PASSIVES, Category.DETRACTOR: DETRACTORS}


def category(score: int) -> Category:
    """The category of a score; NotAScore for one from another scale, which must never pass for a detractor."""
    for found, scores in _SCORES_OF.items():
        if score in scores:
            return found
    raise NotAScore(score)


def check_score(value: object) -> int:
    """The score 0..10 that an int or its plain decimal spelling (blanks around it allowed) stands for, else NotAScore.

    Strict on purpose: 7.5, "07", "+7", True and other scripts' digits are someone's mistake, and rounding one would
    put words into a customer's mouth.
    """
    if isinstance(value, str):
        score = _WRITTEN.get(value.strip())
        if score is not None:
            return score
    elif isinstance(value, int) and not isinstance(value, bool) and value in SCORES:
        return value
    raise NotAScore(value)


@dataclass(frozen=True)
class Counts:
    """How many answers fell into each category; `Counts()` is the empty start of a sum."""

    promoters: int = 0
    passives: int = 0
    detractors: int = 0

    @classmethod
    def of_scores(cls, answers: Mapping[int, int]) -> "Counts":
        """From the number of answers per score; NotAScore for a key outside 0..10."""
        per_category = dict.fromkeys(Category, 0)
        for score, number in answers.items():
            per_category[category(score)] += number
        return cls(*(per_category[each] for each in (Category.PROMOTER, Category.PASSIVE, Category.DETRACTOR)))

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def nps(self) -> float | None:
        """The Net Promoter Score in points, -100..100, unrounded; None without answers."""
        return 100 * (self.promoters - self.detractors) / self.n if self.n else None

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            promoters=self.promoters + other.promoters,
            passives=self.passives + other.passives,
            detractors=self.detractors + other.detractors,
        )
