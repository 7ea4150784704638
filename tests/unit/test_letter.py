"""The letter: parsed back as a mail program would, whatever the customer is called and wherever the shop is."""

import re
from datetime import UTC, datetime
from email import policy as policies
from email.message import EmailMessage
from email.parser import BytesParser
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.settings import EmailSettings
from bot.letters.composing import compose
from bot.letters.headers import wire_address
from scheduler.asking.policy import Policy
from scheduler.channel import Question
from scheduler.company import Company

BASE = "https://nps.example.com"
TOKEN = "AbCdEfGhIjKlMnOpQrStU-"
SENT = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
COMPANY = Company(name="Лавка «Мёд & Ко»", address="Москва, ул. Ленина, 1")
EMAIL = EmailSettings(host="localhost", sender="Лавка <ask@shop.example.com>")

WICKED = [
    "Анна\r\nBcc: everybody@example.com",
    "<script>alert(1)</script>",
    'О"Нил & <b>Ко</b>',
    "\u202eгнолпеч\u2066",
    "Мария 👩‍👩‍👧 Пет\x00рова",
    "Очень " * 50,
    "\ud800",
    "a, b <c@example.com>; (d)",
    "{{ 7 * 7 }} {name} %s",
    "=?utf-8?q?=41?=",
]


def question(**values: Any) -> Question:
    fields: dict[str, Any] = {
        "delivery_id": 7, "kind": "question", "token": TOKEN, "address": "anna@example.com", "language": "ru",
        "customer_name": "Анна", "texts": None,
    }  # fmt: skip
    return Question(**(fields | values))


def letter(
    asked: Question | None = None, company: Company = COMPANY, email: EmailSettings = EMAIL, base: str = BASE,
    policy: Policy | None = None,
) -> EmailMessage:  # fmt: skip
    """The letter as it arrives."""
    composed = compose(asked or question(), company, email, base=base, policy=policy or Policy(), date=SENT)
    return BytesParser(policy=policies.default).parsebytes(composed.as_bytes())


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


class Page(HTMLParser):
    """The links, the words and the tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.words, self.tags, self._href = "", list[str](), ""
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.setdefault(tag, dict(attrs))
        self._href = dict(attrs).get("href") or "" if tag == "a" else ""

    def handle_data(self, data: str) -> None:
        self.words += data
        if self._href:
            self.links[data.strip()] = self._href
            self._href = ""


def test_the_letter_has_the_headers_that_it_needs() -> None:
    message = letter(email=EmailSettings(host="localhost", sender=EMAIL.sender, reply_to="Помощь <help@example.com>"))
    assert str(message["From"]) == "Лавка <ask@shop.example.com>"
    assert str(message["To"]) == "Анна <anna@example.com>"
    assert str(message["Reply-To"]) == "Помощь <help@example.com>"
    assert message["Subject"] == "Лавка «Мёд & Ко»: один вопрос"
    assert message["Date"].datetime == SENT
    assert message["Message-ID"] == f"<molva.{TOKEN}.question@shop.example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["MIME-Version"] == "1.0"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_only_a_letter_about_a_sale_thanks_for_it(kind: str) -> None:
    thanks = "Спасибо за покупку"
    assert thanks in body(letter(), kind)
    assert thanks not in body(letter(question(about_sale=False)), kind)


def test_one_click_unsubscribing_is_offered_only_over_https() -> None:
    assert letter()["List-Unsubscribe"] == f"<{BASE}/u/{TOKEN}>"
    assert letter()["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    plain = letter(base="http://localhost:8080")
    assert plain["List-Unsubscribe"] == f"<http://localhost:8080/u/{TOKEN}>"
    assert plain["List-Unsubscribe-Post"] is None


def test_the_unsubscribe_header_stays_on_one_line_however_long_it_is() -> None:
    base = "https://" + "very-long-subdomain." * 8 + "example.com/nps"
    raw = compose(question(), COMPANY, EMAIL, base=base, policy=Policy(), date=SENT).as_bytes()
    assert f"\r\nList-Unsubscribe: <{base}/u/{TOKEN}>\r\n".encode() in raw


def test_every_line_is_short_ascii_and_ends_as_mail_does() -> None:
    raw = compose(
        question(customer_name="Очень " * 50), COMPANY, EMAIL, base=BASE, policy=Policy(), date=SENT
    ).as_bytes()
    assert raw.isascii()
    lines = raw.split(b"\r\n")
    assert not [line for line in lines if b"\n" in line or b"\r" in line]
    assert [line for line in lines if len(line) > 78] == []


def test_eleven_numbers_lead_to_the_page_each_with_its_score() -> None:
    page = Page(body(letter(), "html"))
    numbers = {text: link for text, link in page.links.items() if text.isdecimal()}
    assert numbers == {str(score): f"{BASE}/r/{TOKEN}?score={score}" for score in range(11)}
    assert page.links["Отписаться"] == f"{BASE}/u/{TOKEN}"


def test_the_numbers_stand_in_one_row_of_a_table() -> None:
    html = body(letter(), "html")
    [row] = [row for row in re.findall(r"<tr>\n?(<td class=\"score\".*?)</tr>", html, re.DOTALL) if "<tr" not in row]
    assert row.count("<td") == 11


def test_the_page_has_nothing_that_mail_programs_refuse() -> None:
    page = Page(body(letter(), "html"))
    assert not {"script", "img", "form", "input", "link", "iframe", "svg", "button"} & set(page.tags)
    assert page.attributes["html"]["lang"] == "ru"


def test_every_tag_has_its_own_style_and_dark_mode_its_sheet() -> None:
    html = body(letter(), "html")
    [sheet] = re.findall("<style.*?</style>", html, re.DOTALL)
    assert "prefers-color-scheme: dark" in sheet
    for tag in re.findall(r"<(?:td|a|table)\b[^>]*(?:class|href)=[^>]*>", html):
        assert " style=" in tag, tag


def test_plain_text_says_the_same() -> None:
    text = body(letter(), "plain")
    assert text.startswith("Здравствуйте, Анна!\n")
    assert "Готовы ли вы рекомендовать нас знакомым?" in text
    for score in range(11):
        assert f"{score}: {BASE}/r/{TOKEN}?score={score}\n" in text
    assert "Лавка «Мёд & Ко»\nМосква, ул. Ленина, 1\n" in text
    assert f"Отписаться: {BASE}/u/{TOKEN}\n" in text


def test_the_letter_speaks_the_customer_s_language_else_the_company_s() -> None:
    english = letter(question(language="en"))
    assert "Would you recommend us to your friends?" in body(english, "plain")
    assert Page(body(english, "html")).attributes["html"]["lang"] == "en"
    assert "Готовы ли вы рекомендовать" in body(letter(question(language="de")), "html")


def test_a_customer_without_a_name_is_greeted_all_the_same() -> None:
    message = letter(question(customer_name=None))
    assert body(message, "plain").startswith("Здравствуйте!\n")
    assert str(message["To"]) == "anna@example.com"


def test_the_wording_is_the_campaign_s_else_the_shop_s() -> None:
    own = Policy(question={"ru": "Порекомендуете <нас>?"})
    assert "Порекомендуете <нас>?" in body(letter(policy=own), "plain")
    assert "Порекомендуете <нас>?" in Page(body(letter(policy=own), "html")).words
    campaign = question(texts={"ru": "Как вам новый сайт?"})
    assert "Как вам новый сайт?" in body(letter(campaign, policy=own), "plain")


def test_a_reminder_says_so_and_has_a_message_id_of_its_own() -> None:
    message = letter(question(kind="reminder"))
    assert "напоминаем" in message["Subject"]
    assert "Несколько дней назад" in body(message, "plain")
    assert message["Message-ID"] != letter()["Message-ID"]


@pytest.mark.parametrize("name", WICKED)
def test_no_name_breaks_the_headers_or_the_page(name: str) -> None:
    message, plain = letter(question(customer_name=name)), letter()
    assert message.keys() == plain.keys()
    [to] = message["To"].addresses
    assert (to.addr_spec, len(message["To"].addresses)) == ("anna@example.com", 1)
    page = Page(body(message, "html"))
    assert page.tags == Page(body(plain, "html")).tags
    assert len(page.links) == 12


def test_a_name_is_shown_as_it_is_written() -> None:
    assert 'Здравствуйте, О"Нил & <b>Ко</b>!' in Page(body(letter(question(customer_name=WICKED[2])), "html")).words
    message = letter(question(customer_name=" Мария\t👩‍👩‍👧\nПетрова "))
    assert message["To"].addresses[0].display_name == "Мария 👩‍👩‍👧 Петрова"


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=100), st.text(max_size=100))
def test_neither_name_nor_company_breaks_anything(name: str, company: str) -> None:
    message = letter(question(customer_name=name), Company(name=company))
    assert message.keys() == letter().keys()
    assert len(Page(body(message, "html")).links) == 12


def test_a_domain_beyond_ascii_is_written_in_ascii() -> None:
    message = letter(
        question(address="anna@почта.рф"), email=EmailSettings(host="localhost", sender="Лавка <ask@лавка.рф>")
    )
    assert message["To"].addresses[0].addr_spec == "anna@xn--80a1acny.xn--p1ai"
    assert message["Message-ID"].endswith("@xn--80aaf6ac.xn--p1ai>")


def test_a_domain_that_older_rules_wrote_otherwise_is_not_taken_for_a_strangers() -> None:
    assert wire_address("anna@faß.de") == "anna@xn--fa-hia.de"
    assert wire_address("anna@βόλος.com") == "anna@xn--nxasmm1c.com"
    assert wire_address("anna@ПОЧТА.рф") == "anna@xn--80a1acny.xn--p1ai"


def test_a_local_part_beyond_ascii_stays_for_servers_that_take_it() -> None:
    composed: Any = compose(question(address="анна@почта.рф"), COMPANY, EMAIL, base=BASE, policy=Policy(), date=SENT)
    raw = composed.as_bytes(policy=composed.policy.clone(utf8=True))
    assert "To: Анна <анна@xn--80a1acny.xn--p1ai>\r\n".encode() in raw


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("#14233a", "#ffffff"), ("#14233a", "#dfe6ef"), ("#52606d", "#ffffff"), ("#52606d", "#eef1f5"),
        ("#f2f6fc", "#1b2330"), ("#ffffff", "#33455f"), ("#b6c2cf", "#1b2330"), ("#b6c2cf", "#10151d"),
    ],
)  # fmt: skip
def test_words_stand_out_from_their_ground_by_day_and_by_night(text: str, ground: str) -> None:
    html = body(letter(), "html")
    assert text in html
    assert ground in html
    lighter, darker = sorted((_luminance(text), _luminance(ground)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5  # WCAG 2, AA
