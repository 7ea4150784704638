"""Which second question is asked of whom: by what the shop's sales do not tell, never more than one."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.asking.second import SecondQuestions
from storage.choices import CHOICES, Acquisition, SecondQuestion, Source, acquisition_of
from storage.seconds import Asked, History

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
ALL = SecondQuestions(source=True, tenure=True, wallet=True)
SOURCE, TENURE, WALLET = SecondQuestion.SOURCE, SecondQuestion.TENURE, SecondQuestion.WALLET


def history(bought: float | None, known: float | None, *, is_source_known: bool = False) -> History:
    """First bought so many days ago, in a shop whose sales are known for so many days."""
    ago = [None if days is None else NOW - timedelta(days=days) for days in (bought, known)]
    return History(first_bought=ago[0], known_since=ago[1], is_source_known=is_source_known)


@pytest.mark.parametrize(
    ("bought", "known", "question"),
    [
        (5, 400, SOURCE),  # surely new
        (90, 455, SOURCE),
        (91, 500, WALLET),  # not new any more, and sales tell since when
        (5, 100, TENURE),  # perhaps an old customer of a young database
        (5, 369, TENURE),
        (None, None, TENURE),  # asked by a campaign, without a sale
        (None, 400, TENURE),
        (2000, 2000, WALLET),  # longer than the longest that can be answered
    ],
)
def test_the_question_is_the_one_whose_answer_sales_do_not_tell(
    bought: float | None, known: float | None, question: SecondQuestion
) -> None:
    assert ALL.choose(history(bought, known), {}, NOW) == question


def test_a_customer_whose_way_is_known_is_not_asked_for_it() -> None:
    assert ALL.choose(history(5, 400, is_source_known=True), {}, NOW) == WALLET


@pytest.mark.parametrize(
    ("settings", "question"),
    [
        (SecondQuestions(), None),
        (SecondQuestions(source=True), SOURCE),
        (SecondQuestions(tenure=True), None),
        (SecondQuestions(wallet=True), WALLET),
        (SecondQuestions(tenure=True, wallet=True), WALLET),
    ],
)
def test_what_is_switched_off_is_not_asked(settings: SecondQuestions, question: SecondQuestion | None) -> None:
    assert settings.choose(history(5, 400), {}, NOW) == question


@pytest.mark.parametrize(
    ("asked", "question"),
    [
        ({SOURCE: (10, False)}, WALLET),  # kept silent lately
        ({SOURCE: (365, False)}, SOURCE),
        ({SOURCE: (365, True)}, WALLET),  # said it for good
        ({SOURCE: (365, True), WALLET: (364, True)}, None),
        ({SOURCE: (365, True), WALLET: (365, True)}, WALLET),  # a share changes with the years
    ],
)
def test_nobody_is_asked_the_same_too_soon_and_lasting_answers_last(
    asked: dict[SecondQuestion, tuple[float, bool]], question: SecondQuestion | None
) -> None:
    before = {
        one: Asked(last_at=NOW - timedelta(days=days), is_answered=answered) for one, (days, answered) in asked.items()
    }
    assert ALL.choose(history(5, 400), before, NOW) == question


def test_only_who_surely_came_by_recommendation_was_earned() -> None:
    assert {source for source in Source if acquisition_of(source) is Acquisition.EARNED} == {Source.FRIEND}


def test_every_choice_fits_a_button() -> None:
    for choices in CHOICES.values():
        assert all(len(f"q:{'A' * 22}:{choice}") <= 64 for choice in choices)
