"""The interval around a Net Promoter Score, the answers it needs, and the warning below zero."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps.interval import (
    BelowZero,
    adjusted,
    answers_needed,
    below_zero,
    interval,
    interval_in_fractions,
    variance,
    wald_margin,
    z_value,
)
from nps.score import Counts

enough = st.builds(Counts, *[st.integers(0, 10_000)] * 3).filter(lambda counts: counts.n >= 2)


def bounds(counts: Counts, confidence: float = 0.95) -> tuple[float, float]:
    found = interval(counts, confidence)
    assert found is not None
    return found


def width(counts: Counts, confidence: float = 0.95) -> float:
    found = interval_in_fractions(counts, confidence)
    assert found is not None
    return found[1] - found[0]


@pytest.mark.parametrize(
    ("detractors", "passives", "promoters", "low", "high"),
    [
        (10, 20, 70, 0.4526976, 0.7123509),
        (120, 250, 630, 0.4651227, 0.5518265),
        (1, 1, 1, -0.6111261, 0.6111261),
        (0, 0, 5, 0.1749145, 1.075085),
    ],
)
def test_the_interval_has_the_published_values(
    detractors: int, passives: int, promoters: int, low: float, high: float
) -> None:
    counts = Counts(promoters, passives, detractors)
    assert interval_in_fractions(counts) == pytest.approx((low, high), rel=1e-6)
    assert interval(counts) == pytest.approx((100 * low, min(100 * high, 100)), rel=1e-6)


def test_the_interval_ends_where_the_scale_does() -> None:
    assert bounds(Counts(promoters=5))[1] == 100
    assert bounds(Counts(detractors=5))[0] == -100


@pytest.mark.parametrize("counts", [Counts(), Counts(promoters=1), Counts(passives=1), Counts(detractors=1)])
def test_below_two_answers_nothing_is_said_of_certainty(counts: Counts) -> None:
    assert interval(counts) is None
    assert interval_in_fractions(counts) is None
    assert wald_margin(counts) is None
    assert below_zero(counts) is None


def test_two_answers_have_an_interval() -> None:
    assert interval(Counts(promoters=1, detractors=1)) is not None


@given(enough, st.sampled_from([0.5, 0.8, 0.95, 0.99]))
def test_the_interval_holds_the_adjusted_score_and_stays_on_the_scale(counts: Counts, confidence: float) -> None:
    low, high = bounds(counts, confidence)
    assert -100 <= low < 100 * adjusted(counts).score < high <= 100


@given(enough, st.integers(2, 50))
def test_more_answers_of_the_same_mix_narrow_the_interval(counts: Counts, times: int) -> None:
    many = Counts(counts.promoters * times, counts.passives * times, counts.detractors * times)
    assert width(many) < width(counts)


@given(enough)
def test_more_confidence_widens_the_interval(counts: Counts) -> None:
    assert width(counts, 0.9) < width(counts, 0.95) < width(counts, 0.99)


@given(enough)
def test_promoters_and_detractors_swapped_mirror_the_interval(counts: Counts) -> None:
    low, high = bounds(counts)
    assert bounds(Counts(counts.detractors, counts.passives, counts.promoters)) == (-high, -low)


def test_variance_and_plain_margin_are_those_of_the_answers_alone() -> None:
    counts = Counts(promoters=70, passives=20, detractors=10)
    assert variance(counts) == pytest.approx(0.7 + 0.1 - 0.6**2)
    assert wald_margin(counts) == pytest.approx(100 * 1.959964 * (0.44 / 100) ** 0.5)


def test_answers_all_alike_have_no_plain_margin_but_an_honest_interval() -> None:
    assert variance(Counts(promoters=5)) == wald_margin(Counts(promoters=5)) == 0
    assert interval(Counts(promoters=5)) == pytest.approx((17.49145, 100))


def test_no_answers_have_no_variance() -> None:
    assert variance(Counts()) is None


@given(enough)
def test_a_variance_lies_between_all_alike_and_half_against_half(counts: Counts) -> None:
    assert 0 <= (variance(counts) or 0) <= 1
    assert 0 < adjusted(counts).variance < 1


@pytest.mark.parametrize(
    ("confidence", "z"), [(0.5, 0.674490), (0.8, 1.281552), (0.9, 1.644854), (0.95, 1.959964), (0.99, 2.575829)]
)
def test_the_z_value_is_that_of_the_tables(confidence: float, z: float) -> None:
    assert z_value(confidence) == pytest.approx(z, abs=1e-6)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.95])
def test_a_confidence_in_percent_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        z_value(confidence)


def test_answers_needed_are_rounded_up_to_whole_answers() -> None:
    assert answers_needed(10, variance=0.61) == 232  # 1.959964² · 0.61 / 0.1² - 3 = 231.33
    assert answers_needed(1, variance=0.61) == 23_430  # 23 429.9


@given(st.floats(0.01, 1), st.floats(1, 50), st.sampled_from([0.8, 0.95]))
def test_the_answers_needed_are_the_fewest_that_bring_the_margin(
    variance: float, margin_points: float, confidence: float
) -> None:
    n = answers_needed(margin_points, variance=variance, confidence=confidence)

    def margin(answers: int) -> float:
        return 100 * z_value(confidence) * sqrt(variance / (answers + 3))

    assert margin(n) <= margin_points * (1 + 1e-9)
    assert n == 2 or margin(n - 1) >= margin_points * (1 - 1e-9)


def test_there_is_no_interval_below_two_answers_so_two_are_always_needed() -> None:
    assert answers_needed(100, variance=0.0) == 2


@pytest.mark.parametrize("margin_points", [0, -5])
def test_a_margin_of_nothing_is_refused(margin_points: float) -> None:
    with pytest.raises(ValueError, match="more than 0 points"):
        answers_needed(margin_points, variance=0.61)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts(promoters=10, passives=20, detractors=70), BelowZero.CERTAINLY),
        (Counts(promoters=3, passives=4, detractors=5), BelowZero.PROBABLY),
        (Counts(promoters=1, passives=1, detractors=1), BelowZero.NOT_SHOWN_ABOVE),
        (Counts(passives=50), BelowZero.NOT_SHOWN_ABOVE),
        (Counts(promoters=5, passives=4, detractors=3), BelowZero.NOT_SHOWN_ABOVE),
        (Counts(promoters=70, passives=20, detractors=10), BelowZero.ABOVE),
    ],
)
def test_below_zero_is_said_with_its_certainty(counts: Counts, expected: BelowZero) -> None:
    assert below_zero(counts) is expected


@given(enough)
def test_below_zero_is_certain_or_probable_exactly_where_the_score_is_negative(counts: Counts) -> None:
    warned = below_zero(counts) in {BelowZero.CERTAINLY, BelowZero.PROBABLY}
    assert warned is ((counts.nps or 0) < 0)
