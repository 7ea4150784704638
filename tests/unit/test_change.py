"""Whether a Net Promoter Score changed by more than chance, and how many answers it takes to see it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps.change import Change, Verdict, answers_to_see, compare
from nps.score import Counts

enough = st.builds(Counts, *[st.integers(0, 10_000)] * 3).filter(lambda counts: counts.n >= 2)
OPPOSITE = {Verdict.RISEN: Verdict.FALLEN, Verdict.FALLEN: Verdict.RISEN, Verdict.NOT_SHOWN: Verdict.NOT_SHOWN}


def counted(detractors: int, passives: int, promoters: int) -> Counts:
    return Counts(promoters, passives, detractors)


def compared(now: Counts, before: Counts, significance: float = 0.05) -> Change:
    change = compare(now, before, significance)
    assert change is not None
    return change


@pytest.mark.parametrize(
    ("now", "before", "points", "p_value"),
    [
        (counted(10, 20, 70), counted(15, 25, 60), 15, 0.1401546),
        (counted(3, 4, 5), counted(1, 2, 9), -50, 0.1392493),
    ],
)
def test_the_test_has_the_values_it_was_designed_with(
    now: Counts, before: Counts, points: float, p_value: float
) -> None:
    change = compared(now, before)
    assert change.points == pytest.approx(points)
    assert change.p_value == pytest.approx(p_value, rel=1e-6)
    assert change.verdict is Verdict.NOT_SHOWN


def test_a_change_larger_than_chance_is_a_rise_or_a_fall() -> None:
    good, bad = counted(10, 20, 70), counted(40, 20, 40)
    assert compared(good, bad).verdict is Verdict.RISEN
    assert compared(bad, good).verdict is Verdict.FALLEN


def test_the_significance_decides_what_is_larger_than_chance() -> None:
    now, before = counted(10, 20, 70), counted(15, 25, 60)
    assert compared(now, before, significance=0.2).verdict is Verdict.RISEN
    assert compared(now, before, significance=0.1).verdict is Verdict.NOT_SHOWN


def test_points_are_the_plain_scores_subtracted() -> None:
    now, before = counted(0, 1, 2), counted(1, 2, 0)
    assert compared(now, before).points == (now.nps or 0) - (before.nps or 0) == pytest.approx(100)


def test_a_score_that_rose_is_never_called_fallen() -> None:
    two_happy, many_nearly_as_happy = counted(0, 0, 2), counted(0, 10_000, 990_000)
    change = compared(two_happy, many_nearly_as_happy, significance=0.1)
    assert change.points == 1
    assert change.p_value < 0.1
    assert change.verdict is Verdict.NOT_SHOWN


@pytest.mark.parametrize("few", [Counts(), Counts(promoters=1)])
def test_below_two_answers_on_either_side_nothing_is_compared(few: Counts) -> None:
    many = counted(10, 20, 70)
    assert compare(few, many) is None
    assert compare(many, few) is None
    assert compare(few, few) is None


@given(enough, enough, st.sampled_from([0.01, 0.05, 0.1]))
def test_the_other_way_round_it_is_the_opposite(now: Counts, before: Counts, significance: float) -> None:
    there, back = compared(now, before, significance), compared(before, now, significance)
    assert there == Change(-back.points, back.p_value, OPPOSITE[back.verdict])


@given(enough, enough)
def test_a_verdict_goes_with_its_points_and_p_value(now: Counts, before: Counts) -> None:
    change = compared(now, before)
    assert 0 <= change.p_value <= 1
    if change.verdict is not Verdict.NOT_SHOWN:
        assert change.p_value < 0.05
        assert (change.points > 0) is (change.verdict is Verdict.RISEN)


@given(enough)
def test_a_period_has_not_changed_against_itself(counts: Counts) -> None:
    assert compare(counts, counts) == Change(0.0, 1.0, Verdict.NOT_SHOWN)


def test_answers_to_see_a_change_of_ten_points() -> None:
    assert answers_to_see(10, variance=0.61) == 955  # 954.56, rounded up


def test_more_power_smaller_changes_and_more_variance_take_more_answers() -> None:
    usual = answers_to_see(10, variance=0.61)
    assert answers_to_see(10, variance=0.61, power=0.9) > usual
    assert answers_to_see(10, variance=0.61, significance=0.01) > usual
    assert answers_to_see(10, variance=0.9) > usual
    assert answers_to_see(5, variance=0.61) == pytest.approx(4 * usual, rel=0.01)


def test_a_period_of_fewer_than_two_answers_never_suffices() -> None:
    assert answers_to_see(200, variance=0.1) == 2


@pytest.mark.parametrize("delta_points", [0, -10])
def test_a_change_of_nothing_is_refused(delta_points: float) -> None:
    with pytest.raises(ValueError, match="more than 0 points"):
        answers_to_see(delta_points, variance=0.61)
