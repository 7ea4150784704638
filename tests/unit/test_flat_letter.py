"""Flattened letters: read by a parser they are what the slow way composes, whoever is asked."""

from datetime import timedelta
from email import policy as policies
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import getaddresses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.settings import EmailSettings
from bot.letters.composing import PLAIN, compose
from bot.letters.flattening import Flattener
from bot.letters.headers import clean_name
from bot.letters.return_address import ReturnAddresses
from bot.letters.settings import LetterSettings
from scheduler.asking.policy import Policy
from scheduler.channel import Question
from scheduler.company import Company
from tests.unit.test_letter import BASE, COMPANY, EMAIL, SENT, WICKED, Page, body, question

FLATTENER = Flattener(COMPANY, EMAIL, Policy(), base=BASE)
RETURNS = ReturnAddresses("A.very-long_name.of.our.mailboxXX@почта-и-ответы." + "d" * 50 + ".example", "+")
RETURNING = Flattener(COMPANY, EMAIL, Policy(), base=BASE, returns=RETURNS)
LOGO = Path(__file__).parents[1] / "data" / "logo.png"
THREAD = "<molva.AbCdEfGhIjKlMnOpQrStU-.question@shop.example.com>"
NAMES = [
    *WICKED, "", " ", "Анна", "Anna", "O'Neil, John", 'John "Jack" Doe', "back\\slash", "Ἀθηνᾶ", "محمد علي", "דוד",
    "张伟", "山田 太郎", "김철수", "नरेंद्र", "สมชาย", "Zażółć gęślą jaźń", "👩‍👩‍👧‍👦 👨🏽‍🚀" * 9,
    "Ä" * 300, "x" * 300, "..", ".a\n.b", "Ж." * 30, "&amp; &#39; <b>", "=D0=96", "?=", "a=", "_x_", "É\u0301" * 40,
    "a\u00a0b\u2003c", "\x00\x1b\x7f",
]  # fmt: skip
LOCAL_PARTS = [
    "anna",
    "a.b+c_d",
    "a..b",
    ".a",
    "a b",
    'a"b',
    "анна",
    "x" * 64,
    "o'neil",
    "a,b",
    "<a>",
    "a;b",
    "=?utf-8?q?a?=",
]
DOMAINS = [
    "example.com",
    "почта.рф",
    "xn--80a1acny.xn--p1ai",
    "münchen.example",
    "d" * 60 + "." + "e" * 60 + ".example",
]

names = st.one_of(st.sampled_from(NAMES), st.text(max_size=300), st.text('абв .=?<>"\\\n🎉', max_size=80), st.none())
addresses = st.builds("{}@{}".format, st.sampled_from(LOCAL_PARTS), st.sampled_from(DOMAINS))
questions = st.builds(
    question,
    customer_name=names,
    address=addresses,
    token=st.text("ABCxyz019_-", min_size=22, max_size=22),
    language=st.sampled_from(["ru", "en", "de"]),
    kind=st.sampled_from(["question", "reminder"]),
    thread=st.sampled_from([None, THREAD, "17", "<a@b>\r\nBcc: x@example.com"]),
    campaign=st.sampled_from(["", "daily", "Осень: скидки\r\n"]),
    about_sale=st.booleans(),
    texts=st.sampled_from([None, {"ru": ".\n..точки <&>\n.\nконец", "en": "From here to there?"}]),
)


def unstuffed(lines: bytes) -> bytes:
    """What a server keeps of DATA."""
    assert lines.endswith(b"\r\n.\r\n")
    return b"\r\n".join(line.removeprefix(b".") for line in lines[:-5].split(b"\r\n")) + b"\r\n"


def slow(asked: Question, returns: ReturnAddresses | None = None, style: LetterSettings = PLAIN) -> bytes:
    letter: Any = compose(asked, COMPANY, EMAIL, base=BASE, policy=Policy(), date=SENT, returns=returns, style=style)
    raw: bytes = letter.as_bytes(policy=letter.policy.clone(utf8=not asked.address.isascii()))
    return raw


def headers(raw: bytes) -> list[tuple[str, str]]:
    """Names and decoded values; of addresses without the quotes that they may or may not have."""
    # The library's newer parser reads blanks between encoded words of a name, which don't belong to it.
    message: Message = BytesParser(policy=policies.compat32.clone(linesep="\r\n")).parsebytes(raw)
    return [(name, _decoded(name, value)) for name, value in message.raw_items()]


def _decoded(name: str, value: str) -> str:
    value = value.encode("utf-8", "surrogateescape").decode("utf-8").replace("\r\n", "")
    if name == "To":
        [(display_name, address)] = getaddresses([value])
        return f"{_words(display_name)} <{address}>"
    return value.split(";")[0] if name == "Content-Type" else _words(value)


def _words(value: str) -> str:
    return str(make_header(decode_header(value))) if "=?" in value and value.isascii() else value


def parsed(raw: bytes) -> EmailMessage:
    return BytesParser(policy=policies.default).parsebytes(raw)


def check(asked: Question) -> bytes:
    """That both ways say the same; returns the flat letter."""
    flat = unstuffed(FLATTENER.compose(asked, SENT).lines)
    reference = slow(asked)
    assert headers(flat) == headers(reference)
    for kind in ("plain", "html"):
        assert body(parsed(flat), kind) == body(parsed(reference), kind)
    return flat


@settings(max_examples=150, deadline=None)
@given(questions)
def test_a_flat_letter_says_what_the_slow_one_says(asked: Question) -> None:
    check(asked)


OWN = LetterSettings(
    logo=str(LOGO), card="#fffef5", button="#203a5f", button_text="#ffffff", privacy_url="https://shop.test/privacy",
    subject={"ru": "{company}: как вам «у нас» — & <теперь>?"}, greeting={"ru": "Привет, {name}!\r\nBcc: {name}"},
    opening={"ru": ".Спасибо\n..за <b>покупку</b>"}, closing={"ru": "С уважением,\nЛавка", "en": "Yours"},
    privacy={"ru": "Храним 2 года"},
)  # fmt: skip
OWN_LETTERS = Flattener(COMPANY, EMAIL, Policy(), base=BASE, style=OWN)


@settings(max_examples=40, deadline=None)
@given(questions)
def test_a_flat_letter_in_the_shop_s_own_look_says_the_same(asked: Question) -> None:
    flat, reference = unstuffed(OWN_LETTERS.compose(asked, SENT).lines), slow(asked, style=OWN)
    assert headers(flat) == headers(reference)
    for kind in ("plain", "html"):
        assert body(parsed(flat), kind) == body(parsed(reference), kind)
    [logo] = [part for part in parsed(flat).walk() if part.get_content_maintype() == "image"]
    assert logo.get_content() == LOGO.read_bytes()
    assert logo["Content-ID"].strip("<>") in body(parsed(flat), "html")


@settings(max_examples=30, deadline=None)
@given(questions)
def test_a_flat_letter_names_the_same_address_for_replies(asked: Question) -> None:
    flat, reference = unstuffed(RETURNING.compose(asked, SENT).lines), slow(asked, RETURNS)
    assert headers(flat) == headers(reference)
    named = dict(headers(flat))
    assert named["Reply-To"] == RETURNS.of_replies(asked.token)
    way_out = f"<mailto:{RETURNS.of_opting_out(asked.token)}?subject=unsubscribe>"
    assert named["List-Unsubscribe"] == f"<{BASE}/u/{asked.token}>, {way_out}"


@pytest.mark.parametrize("name", NAMES)
def test_a_flat_letter_shows_every_name_as_it_is(name: str) -> None:
    flat = check(question(customer_name=name))
    shown = clean_name(name)
    assert dict(headers(flat))["To"] == f"{shown or ''} <anna@example.com>"
    greeting = f"Здравствуйте, {shown}!" if shown else "Здравствуйте!"
    assert body(parsed(flat), "plain").startswith(f"{greeting}\n")
    assert greeting in Page(body(parsed(flat), "html")).words


@settings(max_examples=100, deadline=None)
@given(names)
def test_every_line_of_a_flat_letter_is_short_ascii_and_ends_as_mail_does(name: str | None) -> None:
    lines = FLATTENER.compose(question(customer_name=name), SENT).lines.split(b"\r\n")
    assert not [line for line in lines if b"\n" in line or b"\r" in line or not line.isascii()]
    assert [line for line in lines if len(line) > 78] == []


def test_a_flat_letter_has_its_message_id_and_its_date() -> None:
    letters = [FLATTENER.compose(question(), SENT + timedelta(seconds=late)) for late in (0, 0.5, 1)]
    assert {letter.message_id for letter in letters} == {THREAD}
    dates = [dict(headers(unstuffed(letter.lines)))["Date"] for letter in letters]
    assert dates == ["Wed, 18 Nov 2026 12:00:00 +0000"] * 2 + ["Wed, 18 Nov 2026 12:00:01 +0000"]


def test_each_shop_campaign_and_wording_has_a_form_of_its_own() -> None:
    other = Flattener(
        Company(name="Другая"), EmailSettings(host="h", sender="x@y.test"), Policy(), base="http://nps.test"
    )
    letters = [
        other.compose(question(), SENT),
        *(FLATTENER.compose(question(campaign=name, texts={"ru": name}), SENT) for name in ("Осень", "Зима")),
    ]
    shop, autumn, winter = [parsed(unstuffed(letter.lines)) for letter in letters]
    assert (shop["Subject"], shop["From"]) == ("Другая: один вопрос", "x@y.test")
    assert [letter["Feedback-ID"] for letter in (shop, autumn, winter)] == [
        None, "%D0%9E%D1%81%D0%B5%D0%BD%D1%8C:molva", "%D0%97%D0%B8%D0%BC%D0%B0:molva",
    ]  # fmt: skip
    assert ("Осень" in body(autumn, "plain"), "Осень" in body(winter, "html")) == (True, False)


def test_a_reminder_stands_in_the_thread_of_its_question() -> None:
    first = parsed(unstuffed(FLATTENER.compose(question(), SENT).lines))
    again = parsed(unstuffed(FLATTENER.compose(question(kind="reminder", thread=first["Message-ID"]), SENT).lines))
    assert again["In-Reply-To"] == again["References"] == first["Message-ID"] != again["Message-ID"]
    assert again["Subject"] == f"Re: {first['Subject']}"
    alone = parsed(unstuffed(FLATTENER.compose(question(kind="reminder"), SENT).lines))
    assert (alone["References"], "напоминаем" in alone["Subject"]) == (None, True)


@pytest.mark.parametrize("address", ["anna@" + "я" * 70 + ".рф", "anna@example.com\r\nBcc: x@example.com"])
def test_an_address_that_is_none_makes_no_letter(address: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- two kinds
        FLATTENER.compose(question(address=address), SENT)
