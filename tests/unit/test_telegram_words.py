"""Texts as long as Telegram takes them, and buttons as it takes them."""

import json

import pytest

from bot.telegram.keyboard import Tap, question_keyboard, question_markup, read_tap, score_keyboard
from bot.telegram.lengths import TEXT_LIMIT, fit, pieces, utf16_length
from bot.telegram.voice import CHOICE_MARK, Voice
from scheduler.asking.policy import Policy
from scheduler.company import Company

PILE = "\N{PILE OF POO}"  # two UTF-16 units
TOKEN = "A" * 22


@pytest.mark.parametrize(("text", "limit", "fitted"), [
    ("abc", 3, "abc"), ("abcd", 3, "ab…"), (PILE * 2, 4, PILE * 2), (PILE * 3, 4, PILE + "…"), ("", 3, ""),
])  # fmt: skip
def test_a_text_that_is_too_long_is_cut_between_characters(text: str, limit: int, fitted: str) -> None:
    assert fit(text, limit) == fitted


@pytest.mark.parametrize(("text", "parts"), [
    ("abcd", ["abcd"]), ("ab\ncd\nef", ["ab", "cd", "ef"]), ("ab\nc\nef", ["ab\nc", "ef"]),
    ("abcdefg", ["abcd", "efg"]), ("\nabcd", ["\nabc", "d"]), (PILE * 3, [PILE * 2, PILE]),
])  # fmt: skip
def test_a_long_text_is_parted_between_lines(text: str, parts: list[str]) -> None:
    assert pieces(text, 4) == parts


def test_a_shops_endless_question_still_fits_with_the_choice_under_it() -> None:
    voice = Voice(Company(name="Лавка"), Policy(question={"ru": PILE * 5000}), "ru")
    question = voice.question()
    assert utf16_length(question) <= TEXT_LIMIT
    chosen = voice.choice(question, 10)
    assert utf16_length(chosen) <= TEXT_LIMIT
    assert voice.choice(chosen, 3).count(CHOICE_MARK) == 1


def test_the_campaigns_wording_goes_before_the_shops_and_only_in_the_customers_language() -> None:
    voice = Voice(Company(name="Shop"), Policy(question={"en": "The shop's?"}), "en")
    assert "The campaign's?" in voice.question({"en": "The campaign's?", "ru": "Кампании?"})
    assert "The shop's?" in voice.question({"ru": "Кампании?"})


def test_a_reminder_says_that_it_is_one() -> None:
    voice = Voice(Company(name="Shop"), Policy(), "en")
    assert "a few days ago" in voice.question(is_reminder=True)
    assert "a few days ago" not in voice.question()


def test_every_button_fits_and_is_read_back_as_what_it_says() -> None:
    buttons = [button for row in score_keyboard(TOKEN).inline_keyboard for button in row]
    assert [button.text for button in buttons] == [str(score) for score in range(11)]
    for button in buttons:
        assert isinstance(button.callback_data, str)
        assert len(button.callback_data) <= 64
        assert read_tap(button.callback_data) == Tap(TOKEN, button.text)


@pytest.mark.parametrize("data", [None, "", "s", "s:x", "s:x:1:2", "case:x:1", ":::"])
def test_what_is_no_button_of_ours_is_not_read(data: str | None) -> None:
    assert read_tap(data) is None


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_prepared_keyboard_is_the_one_that_would_be_made(language: str) -> None:
    made = json.loads(question_keyboard(TOKEN, language).to_json())
    assert json.loads(question_markup(TOKEN, language)) == made
    assert json.loads(question_markup("B" * 22, language)) != made
