"""What is a score, what it makes of a customer, and the Net Promoter Score of many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps.score import DETRACTORS, PASSIVES, PROMOTERS, SCORES, Category, Counts, NotAScore, category, check_score

counts = st.builds(Counts, *[st.integers(0, 10_000)] * 3)


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        *[(score, Category.DETRACTOR) for score in (0, 1, 2, 3, 4, 5, 6)],
        *[(score, Category.PASSIVE) for score in (7, 8)],
        *[(score, Category.PROMOTER) for score in (9, 10)],
    ],
)
def test_every_score_is_in_its_category(score: int, expected: Category) -> None:
    assert category(score) is expected
    assert score in expected.scores


def test_the_three_ranges_cover_the_scale_once() -> None:
    assert sorted([*DETRACTORS, *PASSIVES, *PROMOTERS]) == list(SCORES) == list(range(11))
    assert [each.scores for each in Category] == [PROMOTERS, PASSIVES, DETRACTORS]


@pytest.mark.parametrize("score", [-1, 11, 75, 100])
def test_an_answer_on_another_scale_is_in_no_category(score: int) -> None:
    with pytest.raises(NotAScore):
        category(score)


@given(st.sampled_from(SCORES), st.text(" \t\n\xa0", max_size=3), st.text(" ", max_size=3))
def test_a_score_is_read_as_number_and_as_digits_between_blanks(score: int, before: str, after: str) -> None:
    assert check_score(score) == check_score(f"{before}{score}{after}") == score


@pytest.mark.parametrize(
    "given_value",
    [
        *[-1, 11, 7.5, 7.0, True, False, None, b"9", [9]],
        *["", " ", "7.5", "7,5", "ten", "11", "-1", "+7", "07", "00", "010", "1 0", "1_0", "١", "９", "²", "9\x00"],
    ],
    ids=ascii,
)
def test_whatever_else_is_given_is_refused_and_named(given_value: object) -> None:
    with pytest.raises(NotAScore) as refusal:
        check_score(given_value)
    assert str(refusal.value) == f"{given_value!r} is not a score: a whole number from 0 to 10 is wanted"


def test_a_long_text_is_named_by_its_first_forty_characters() -> None:
    with pytest.raises(NotAScore) as refusal:
        check_score("x" * 1_000_000)
    shown, _ = str(refusal.value).split(" is not a score")
    assert shown == "'" + "x" * 38 + "…"


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.binary()))
def test_nothing_becomes_a_score_but_what_is_spelled_like_one(value: object) -> None:
    try:
        score = check_score(value)
    except NotAScore:
        return
    assert score in SCORES
    assert str(value).strip() == str(score)


@pytest.mark.parametrize(
    ("answers", "nps"),
    [
        (Counts(promoters=70, passives=20, detractors=10), 60),
        (Counts(promoters=630, passives=250, detractors=120), 51),
        (Counts(promoters=1, passives=1, detractors=1), 0),
        (Counts(promoters=5), 100),
        (Counts(detractors=1), -100),
        (Counts(promoters=1, passives=2), 100 / 3),
    ],
)
def test_the_score_of_many_is_promoters_less_detractors_in_points(answers: Counts, nps: float) -> None:
    assert answers.nps == nps


def test_no_answers_have_no_score() -> None:
    assert Counts().n == 0
    assert Counts().nps is None


def test_counts_are_made_of_the_answers_per_score() -> None:
    assert Counts.of_scores({0: 1, 6: 2, 7: 3, 8: 4, 9: 5, 10: 6}) == Counts(promoters=11, passives=7, detractors=3)
    assert Counts.of_scores({}) == Counts()


def test_counts_of_another_scale_are_refused() -> None:
    with pytest.raises(NotAScore, match=r"^100 is not a score"):
        Counts.of_scores({10: 3, 100: 1})


@given(st.dictionaries(st.sampled_from(SCORES), st.integers(0, 1000)))
def test_counting_answers_together_or_one_by_one_is_the_same(answers: dict[int, int]) -> None:
    one_by_one = sum((Counts.of_scores({score: number}) for score, number in answers.items()), Counts())
    assert Counts.of_scores(answers) == one_by_one
    assert one_by_one.n == sum(answers.values())


@given(counts)
def test_promoters_and_detractors_swapped_turn_the_sign(answers: Counts) -> None:
    swapped = Counts(answers.detractors, answers.passives, answers.promoters)
    assert (swapped.nps is None) is (answers.nps is None)
    assert (swapped.nps or 0) == -(answers.nps or 0)
    assert -100 <= (answers.nps or 0) <= 100
