"""Whether a Net Promoter Score changed by more than chance between two periods."""

from dataclasses import dataclass
from enum import StrEnum
from math import erfc, sqrt
from statistics import NormalDist

from nps.interval import FEWEST_ANSWERS, adjusted, answers_for, z_value
from nps.score import Counts


class Verdict(StrEnum):
    """What may be said of a change."""

    RISEN = "risen"  # by more than chance
    FALLEN = "fallen"  # by more than chance
    NOT_SHOWN = "not_shown"  # chance alone explains it; this is not "unchanged"


@dataclass(frozen=True)
class Change:
    """One period against another."""

    points: float  # difference of the plain scores, -200..200: what a reader gets who subtracts the two
    p_value: float  # two-sided: how often chance alone brings a difference at least this large
    verdict: Verdict


def compare(now: Counts, before: Counts, significance: float = 0.05) -> Change | None:
    """Both sides adjusted, in scores as in variances: z = (NPS₁ - NPS₂)/√(V₁/n₁ + V₂/n₂); None below two answers."""
    if min(now.n, before.n) < FEWEST_ANSWERS or now.nps is None or before.nps is None:
        return None
    points = now.nps - before.nps
    later, earlier = adjusted(now), adjusted(before)
    z = (later.score - earlier.score) / sqrt(later.squared_error + earlier.squared_error)
    p_value = erfc(abs(z) / sqrt(2))
    return Change(points, p_value, _judge(points, z, p_value < significance))


def answers_to_see(delta_points: float, *, variance: float, significance: float = 0.05, power: float = 0.8) -> int:
    """Answers per period to notice a change of `delta_points` NPS points with probability `power`.

    2V·(z₁ + z₂)²/δ² - 3, where z₁ + z₂ = 2.802 for 5 % and 80 %; rounded up, two at least: V = 0.61, δ = 10 → 955.
    `variance` is that of one answer, in fractions, as for `nps.interval.answers_needed`.
    """
    if delta_points <= 0:
        raise ValueError(f"a change to look for is more than 0 points, not {delta_points}")
    reach = z_value(1 - significance) + NormalDist().inv_cdf(power)
    return answers_for(2 * variance * (reach * 100 / delta_points) ** 2)


def _judge(points: float, z: float, significant: bool) -> Verdict:
    # The adjustment pulls small periods towards 0 and may turn the sign: 100 after two answers against 99 after many.
    if not significant or points * z <= 0:
        return Verdict.NOT_SHOWN
    return Verdict.RISEN if points > 0 else Verdict.FALLEN
