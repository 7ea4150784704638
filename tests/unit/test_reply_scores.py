"""Scores in replies: a bare one counts, a number that says something else does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.mailbox.own_words import without_quotes
from bot.mailbox.scores import read_score


@pytest.mark.parametrize(
    ("text", "score", "rest"),
    [
        ("9", 9, ""), ("10!", 10, ""), ("9/10 спасибо", 9, "спасибо"), ("  «10!»  ", 10, ""), ("0", 0, ""),
        ("9.", 9, ""), ("10)))", 10, ""), ("9 из 10", 9, ""), ("7 out of 10, thanks", 7, "thanks"),
        ("9\n\nВсё понравилось", 9, "Всё понравилось"), ("8, но дорого", 8, "но дорого"),
        ("10 — лучший магазин", 10, "лучший магазин"), ("10! Спасибо!", 10, "Спасибо!"), ("9 баллов", 9, ""),
        ("Оценка: 6", 6, ""), ("My score - 3", 3, ""), ("9️⃣", 9, ""), ("🔟", 10, ""), ("10 👍👍", 10, ""),
        ("**9**", 9, ""), ("９", 9, ""), ("5/10. Долго везли", 5, "Долго везли"), ("*10*\nок", 10, "ок"),
        ("ставлю 10!", 10, ""), ("0/10", 0, ""),
    ],
)  # fmt: skip
def test_a_bare_score_is_read_with_what_was_written_besides(text: str, score: int, rest: str) -> None:
    assert read_score(text) == (score, rest)


@pytest.mark.parametrize(
    "text",
    [
        "", "спасибо", "10 дней жду заказ", "2 раза звонил, никто не ответил", "9.5", "9,5", "9,5/10", "11", "100",
        "-1", "5-10 дней", "1. Долго везли\n2. Грубый курьер",
        "12/10", "9/100", "9/5", "10:30 привезли", "8 800 555-35-35",
        "заказ 9", "+7 999 123-45-67", "9 мая не работаете?", "10%", "№ 9", "9a", "3 звезды", "10.10.2026 купил",
        "1) долго", "9 / 11", "9/10/2026 заказал", "5/10-2026", "не 9, а 3", "7-8", "5 - 10 дней", "9/1000000", "٩x",
    ],
)  # fmt: skip
def test_a_number_that_says_something_else_is_no_score(text: str) -> None:
    assert read_score(text) is None


@given(st.text(max_size=300))
def test_no_text_makes_a_score_off_the_scale(text: str) -> None:
    found = read_score(text)
    assert found is None or 0 <= found[0] <= 10


QUOTED = "0: https://nps.test/r/AbCdEfGhIjKlMnOpQrStU-?score=0"


@pytest.mark.parametrize(
    "text",
    [
        "9\n\nOn Wed, Nov 18, 2026 at 12:00 PM Shop <ask@shop.test> wrote:\n\n> 10: https://x\n",
        "9\n\nOn Wed, Nov 18, 2026 at 12:00 PM A very long name of a shop\n<ask@shop.test> wrote:\n> 10: https://x\n",
        "9\n\nср, 18 нояб. 2026 г. в 15:00, Лавка <ask@shop.test>:\n\n> Здравствуйте!\n> 10",
        "9\n\n18.11.2026, 15:00, \"Лавка\" <ask@shop.test>:\n> 10",
        "9\n\n18 нояб. 2026 г., в 15:00, Лавка <ask@shop.test> написал(а):\n\n> 10",
        "9\n\n-----Original Message-----\nFrom: Shop\n10",
        "9\n\n-------- Исходное сообщение --------\nОт: Лавка\n10",
        "9\r\n\r\n________________________________\r\nОт: Лавка <ask@shop.test>\r\nОтправлено: 18 ноября\r\n10",
        "9\n\nFrom: Shop <ask@shop.test>\nSent: Wednesday\nTo: me\n\n10",
        f"9\n{QUOTED}",
        "> Здравствуйте!\n> 10: https://x\n\n9",
        "Среда, 18 ноября 2026, 15:00 +03:00 от Лавка <ask@shop.test>:\n> 10\n> 9\n\n9",
        "9\n\n--\nАнна\n+7 999 1234567", "9\n\nSent from my iPhone", "9\nОтправлено с iPhone",
        "9\n\nС уважением,\nАнна",
        "9\n\nОтправлено из мобильной Почты Mail.ru",
    ],
)  # fmt: skip
def test_what_is_quoted_or_signed_is_left_out(text: str) -> None:
    assert without_quotes(text) == "9"


def test_words_between_quoted_lines_are_kept() -> None:
    text = "18.11.2026 15:00, Лавка <a@b.test> пишет:\n> Готовы ли вы?\nДа, но:\n> 10\nдоставка долгая\n\nИ дорого"
    assert without_quotes(text) == "Да, но:\nдоставка долгая\n\nИ дорого"
