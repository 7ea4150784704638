"""Ids, addresses and the like: made uniform, or refused with the reason."""

from collections.abc import Callable

import pytest

from storage.sources.problems import RejectReason, RowRejected
from storage.sources.values import (
    read_consent,
    read_currency,
    read_email,
    read_id,
    read_language,
    read_phone,
    read_telegram_id,
    read_text,
    read_timezone,
)


@pytest.mark.parametrize("cell", ["17850", "17850.0", " 17850 ", 17850, 17850.0, "17850.00", "\u00a017850"])
def test_one_id_however_it_is_written(cell: object) -> None:
    assert read_id(cell) == "17850"


@pytest.mark.parametrize(
    "cell", ["0017", "A-1.0", "1.0.0", "0017.0", "1.50", "C536379", "РТ-000001", "1e5", "100", "10.10"]
)
def test_an_id_that_only_looks_like_a_number_stays(cell: str) -> None:
    assert read_id(cell) == cell


def test_nothing_is_no_id() -> None:
    assert read_id("") is read_id("  ") is read_id(None) is None


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(RowRejected, match="too_long"):
        read_id("x" * 201)
    with pytest.raises(RowRejected, match="too_long"):
        read_text("x" * 1_000_000)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Anna@Example.TEST", "anna@example.test"),
        ("a.b+c@shop.example", "a.b+c@shop.example"),
        ("x@mail.local", "x@mail.local"),
        ("x@localhost", "x@localhost"),
        ("иван@почта.рф", "иван@почта.рф"),
        ("user@xn--80a1acny.xn--p1ai", "user@почта.рф"),
    ],
)
def test_an_address_is_made_uniform(written: str, kept: str) -> None:
    assert read_email(written) == kept


@pytest.mark.parametrize(
    ("written", "country", "kept"),
    [
        ("8 (900) 000-10-08", "RU", "+79000001008"),
        ("+7 900 000-00-02", "US", "+79000000002"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("9000000002", "RU", "+79000000002"),
    ],
)
def test_a_phone_becomes_e164_by_the_country(written: str, country: str, kept: str) -> None:
    assert read_phone(written, country) == kept


def test_small_words_are_understood() -> None:
    assert [read_language(text) for text in ("ru", "RU", "en-GB", "ru_RU")] == ["ru", "ru", "en", "ru"]
    assert read_timezone("asia/yekaterinburg") == "Asia/Yekaterinburg"
    assert [read_consent(text) for text in ("да", "Yes", "TRUE", "1")] == [True] * 4
    assert [read_consent(text) for text in ("нет", "no", "False", "0")] == [False] * 4
    assert read_telegram_id("7000000001.0") == "7000000001"
    assert read_currency("rub") == "RUB"


@pytest.mark.parametrize(
    ("read", "text", "reason"),
    [
        (read_email, "anna@", RejectReason.BAD_EMAIL),
        (read_email, "two@at@signs.test", RejectReason.BAD_EMAIL),
        (read_email, "anna.example.test", RejectReason.BAD_EMAIL),
        (lambda text: read_phone(text, "RU"), "12", RejectReason.BAD_PHONE),
        (lambda text: read_phone(text, "RU"), "call me", RejectReason.BAD_PHONE),
        (lambda text: read_phone(text, "RU"), "8 900 000-00-01, 8 900 000-00-02", RejectReason.BAD_PHONE),
        (read_telegram_id, "@anna", RejectReason.BAD_TELEGRAM_ID),
        (read_telegram_id, "-100123", RejectReason.BAD_TELEGRAM_ID),
        (read_telegram_id, "99999999999999999999", RejectReason.BAD_TELEGRAM_ID),
        (read_language, "russian", RejectReason.BAD_LANGUAGE),
        (read_timezone, "Moscow", RejectReason.BAD_TIMEZONE),
        (read_consent, "maybe", RejectReason.BAD_CONSENT),
        (read_currency, "рубли", RejectReason.BAD_CURRENCY),
    ],
)
def test_what_is_broken_is_refused(read: Callable[[str], object], text: str, reason: RejectReason) -> None:
    with pytest.raises(RowRejected) as caught:
        read(text)
    assert caught.value.reason is reason
