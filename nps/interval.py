"""How sure a Net Promoter Score is: its variance, margin and interval, the answers needed, the warning below zero.

Adjusted Wald interval: B. Rocks, "Interval Estimation for the Net Promoter Score", The American Statistician 70 (2016).
Its exact coverage at ten answers lies between 89.7 % and 99.9 %, depending on the mix: don't promise more than "95 %".
"""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, sqrt
from statistics import NormalDist

from nps.score import Counts

FEWEST_ANSWERS = 2  # below it there is no interval, no margin and no comparison
# Of one answer, in fractions, where there are too few answers to know: 60 % promoters and 20 % detractors have 0.64,
# 65 and 15 have 0.55.
ASSUMED_VARIANCE = 0.61
_ADDED = (0.75, 1.5, 0.75)  # to promoters, passives, detractors
_ADDED_ANSWERS = sum(_ADDED)


@dataclass(frozen=True)
class Estimate:
    """A score in fractions."""

    score: float  # -1..1
    variance: float  # of one answer, 0..1
    n: float  # answers behind it, the added ones included

    @property
    def squared_error(self) -> float:
        return self.variance / self.n


def adjusted(counts: Counts) -> Estimate:
    """The estimate after Rocks's three added answers: pulled towards 0, its variance never 0."""
    promoters, passives, detractors = _ADDED
    return _estimate(counts.promoters + promoters, counts.passives + passives, counts.detractors + detractors)


def variance(counts: Counts) -> float | None:
    """Of one answer, in fractions (0..1), nothing added: V = p + d - (p - d)²; None without answers."""
    return _estimate(counts.promoters, counts.passives, counts.detractors).variance if counts.n else None


def wald_margin(counts: Counts, confidence: float = 0.95) -> float | None:
    """The plain margin z·√(V/n) in NPS points; None below two answers.

    For comparison with what others print: it is 0 where all answers are alike, however few. Show `interval`.
    """
    if counts.n < FEWEST_ANSWERS:
        return None
    plain = _estimate(counts.promoters, counts.passives, counts.detractors)
    return 100 * z_value(confidence) * sqrt(plain.squared_error)


def interval(counts: Counts, confidence: float = 0.95) -> tuple[float, float] | None:
    """(low, high) in NPS points, clipped to -100..100; None below two answers. Shown beside the plain NPS."""
    unclipped = interval_in_fractions(counts, confidence)
    if unclipped is None:
        return None
    low, high = unclipped
    return max(100 * low, -100.0), min(100 * high, 100.0)


def interval_in_fractions(counts: Counts, confidence: float = 0.95) -> tuple[float, float] | None:
    """The same as Rocks prints it: in fractions, possibly beyond ±1; None below two answers."""
    if counts.n < FEWEST_ANSWERS:
        return None
    estimate = adjusted(counts)
    margin = z_value(confidence) * sqrt(estimate.squared_error)
    return estimate.score - margin, estimate.score + margin


def answers_needed(margin_points: float, *, variance: float, confidence: float = 0.95) -> int:
    """Answers for an interval of ± `margin_points` NPS points: z²·V/m² - 3, rounded up, two at least.

    `variance` is that of one answer, in fractions, known from answers so far; `adjusted(counts).variance` is never 0.
    """
    if margin_points <= 0:
        raise ValueError(f"a margin is more than 0 points, not {margin_points}")
    return answers_for(variance * (z_value(confidence) * 100 / margin_points) ** 2)


def expected_margin(answers: int, *, variance: float, confidence: float = 0.95) -> float | None:
    """± NPS points that so many answers will leave: z·√(V/(n + 3)), of `answers_needed` the other way round.

    None below two answers. `variance` as there.
    """
    if answers < FEWEST_ANSWERS:
        return None
    return 100 * z_value(confidence) * sqrt(variance / (answers + _ADDED_ANSWERS))


def answers_for(weight: float) -> int:
    """Real answers where the formula wants `weight` adjusted ones: the added three off, rounded up, two at least."""
    return max(FEWEST_ANSWERS, ceil(weight - _ADDED_ANSWERS))


class BelowZero(StrEnum):
    """How sure it is that the Net Promoter Score is below zero."""

    CERTAINLY = "certainly"  # the whole interval is
    PROBABLY = "probably"  # the score is, the interval reaches zero
    NOT_SHOWN_ABOVE = "not_shown_above"  # the score isn't, the interval reaches below zero
    ABOVE = "above"  # nothing of the interval is


def below_zero(counts: Counts, confidence: float = 0.95) -> BelowZero | None:
    """None below two answers, where there is no interval to judge by."""
    bounds = interval(counts, confidence)
    if bounds is None:
        return None
    low, high = bounds
    if high < 0:
        return BelowZero.CERTAINLY
    if counts.promoters < counts.detractors:
        return BelowZero.PROBABLY
    return BelowZero.NOT_SHOWN_ABOVE if low < 0 else BelowZero.ABOVE


def z_value(confidence: float) -> float:
    """How many standard errors a two-sided interval of this confidence (a fraction) reaches: 1.96 for 0.95."""
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, like 0.95, not {confidence}")
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _estimate(promoters: float, passives: float, detractors: float) -> Estimate:
    n = promoters + passives + detractors
    score = (promoters - detractors) / n
    return Estimate(score, (promoters + detractors) / n - score**2, n)
