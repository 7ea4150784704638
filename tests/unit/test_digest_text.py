"""The digest in words: honest about few answers and chance, harmless whatever customers wrote."""

import pytest

from bot.reports import numbers
from bot.reports.text import MESSAGE_LIMIT, caption, markup, paragraphs, plain, subject
from nps.score import Counts
from scheduler.company import Company
from scheduler.figures.digest import Digest
from scheduler.figures.periods import Week
from scheduler.figures.recovery import Recovery
from storage.reach import Silence
from tests.unit.digests import BEFORE, MANY, NOTHING, digest_of, empty_digest, remark

RU, EN = Company(name="Лавка", language="ru"), Company(name="Shop", language="en")


def text(digest: Digest, company: Company = RU) -> str:
    return plain(paragraphs(digest, company)).replace("\xa0", " ")


def test_the_score_comes_with_its_interval_and_its_answers() -> None:
    assert "NPS 49 (от 33 до 63), 87 ответов\n" in text(digest_of())
    assert "NPS 49 (33 to 63), 87 answers\n" in text(digest_of(), EN)
    assert subject(digest_of(), RU) == "NPS 49 (от 33 до 63), 87 ответов · Лавка, 16–22 ноября 2026"
    assert "Промоутеры 55 (63,2 %) · нейтралы 20 (23 %) · критики 12 (13,8 %)" in text(digest_of())


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (MANY, BEFORE, "К прошлой неделе +17,6: изменение в пределах случайного, p = 0,14. "
                       "Неделей раньше: NPS 32 (от 14 до 47), 91 ответ."),
        (Counts(90, 5, 5), BEFORE, "К прошлой неделе +53,1: рост больше случайного, p < 0,001."),
        (Counts(10, 20, 40), BEFORE, "К прошлой неделе −74,7: падение больше случайного, p < 0,001."),
        (MANY, NOTHING, "Сравнить не с чем: неделей раньше ответов не было."),
        (MANY, Counts(0, 1, 0), "Для сравнения с прошлой неделей ответов слишком мало (тогда NPS 0, 1 ответ)."),
    ],
)  # fmt: skip
def test_a_change_is_told_with_what_chance_can_do(now: Counts, before: Counts, said: str) -> None:
    assert said in text(digest_of(now, before))


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (Counts(10, 20, 40), "⚠ NPS точно ниже нуля"),
        (Counts(10, 20, 12), "⚠ NPS, вероятно, ниже нуля"),
        (Counts(12, 20, 10), "⚠ Не доказано, что NPS выше нуля"),
        (MANY, None),
        (Counts(0, 0, 1), None),
        (NOTHING, None),
    ],
)
def test_the_warning_below_zero_has_three_certainties(now: Counts, said: str | None) -> None:
    told = text(digest_of(now))
    assert said in told if said else "⚠" not in told


def test_one_answer_and_none_are_not_given_out_for_a_score() -> None:
    assert "NPS 100, 1 ответ: слишком мало, чтобы судить." in text(digest_of(Counts(1, 0, 0)))
    empty = text(empty_digest())
    assert "За неделю ответов нет, поэтому нет и оценки." in empty
    assert "На этой неделе никого не спрашивали." in empty
    assert "None" not in empty
    assert "nan" not in empty


@pytest.mark.parametrize(("count", "said"), [(1, "1 ответ"), (3, "3 ответа"), (11, "11 ответов"), (22, "22 ответа")])
def test_russian_counts_in_three_forms(count: int, said: str) -> None:
    assert f", {said}\n" in text(digest_of(Counts(0, count, 0))).replace(": слишком мало, чтобы судить.", "")


def test_every_kind_of_silence_is_named() -> None:
    told = text(digest_of(silent={Silence.SILENT: 140, Silence.BLOCKED: 4, Silence.UNKNOWN: 1}))
    assert "Без ответа 145: молчат 140, заблокировали бота 4, неизвестно, дошло ли 1" in told
    assert "Без ответа" not in text(digest_of())


def test_the_recovery_rate_is_told_where_anybody_answered_again() -> None:
    won_back = digest_of(recovery=Recovery(resolved=8, answered=5, recovered=3))
    assert "\nВернули расположение за год: 3 из 5 ответивших повторно после решения обращения (60 %)\n" in text(
        won_back
    )
    assert "\nWon back in a year: 3 of 5 who answered again after their case was resolved (60%)\n" in text(won_back, EN)
    for resolved in (0, 8):
        nobody = digest_of(recovery=Recovery(resolved=resolved, answered=0, recovered=0))
        assert text(nobody) == text(digest_of())
        assert "Won back" not in text(nobody, EN)


def test_a_week_without_answers_is_a_dash_in_the_trend() -> None:
    told = text(digest_of())
    assert "NPS: 28 · 44 · 29 · 43 · — · 100 · 32 · 46 · 38 · 49 · 32 · 49" in told
    assert "ответов: 39 · 43 · 41 · 49 · 0 · 1 · 50" in told


def test_a_comment_of_nothing_but_markup_is_shown_as_it_was_written() -> None:
    nasty = remark("<b>вон</b> & <script>", name="<i>Ан</i>")
    found = paragraphs(digest_of(remarks=[nasty]), RU)
    assert "«<b>вон</b> & <script>»" in plain(found)
    assert "&lt;b&gt;вон&lt;/b&gt; &amp; &lt;script&gt;" in markup(found)
    assert "<i>" not in markup(found)
    assert caption(digest_of(), Company(name="<Чай & кофе>")).startswith("<b>&lt;Чай &amp; кофе&gt; · ")


def test_a_comment_steers_no_terminal_and_breaks_no_line() -> None:
    told = text(digest_of(remarks=[remark("раз\n\nдва\x1b[31m\u202e\x07три\r\u2028четыре")]))
    line = next(line for line in told.splitlines() if "«раз" in line)
    assert "четыре" in line
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(told)


def test_the_longest_comments_still_fit_into_one_telegram_message() -> None:
    longest = [remark("😀" * 100_000, name="Я" * 100_000, sale="7" * 100_000) for _ in range(5)]
    told = plain(paragraphs(digest_of(remarks=longest), RU))
    assert len(told.encode("utf-16-le")) // 2 <= MESSAGE_LIMIT
    assert told.count("😀" * 299 + "…") >= 3


@pytest.mark.parametrize(
    ("week", "said"),
    [
        ("2026-W47", "16–22 ноября 2026"),
        ("2026-W49", "30 ноября – 6 декабря 2026"),
        ("2026-W53", "28 декабря 2026 – 3 января 2027"),
    ],
)
def test_days_of_a_week_are_written_as_people_do(week: str, said: str) -> None:
    parsed = Week.parse(week)
    assert numbers.days("ru", parsed.first, parsed.last) == said


def test_numbers_look_as_in_the_readers_language() -> None:
    assert (numbers.whole("ru", -0.4), numbers.whole("ru", -42.5), numbers.whole("en", 99.6)) == ("0", "−42", "100")
    assert (numbers.signed("ru", 5.84), numbers.signed("en", -3.0), numbers.signed("en", 0.04)) == ("+5,8", "−3", "0")
    assert (numbers.percent("ru", 36.33), numbers.percent("en", 36.33)) == ("36,3\xa0%", "36.3%")
    assert (numbers.probability("ru", 0.0004), numbers.probability("en", 0.0412)) == ("< 0,001", "= 0.041")
