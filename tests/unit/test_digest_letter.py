"""The digest by e-mail: text and HTML alike, the picture inside."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from bot.channels.settings import EmailSettings
from bot.reports.letter import compose_digest
from bot.reports.rendering import Rendered, render_digest
from scheduler.company import Company
from tests.unit.digests import AS_OF, digest_of, remark

EMAIL = EmailSettings(host="mail.test", sender="Лавка <shop@лавка.test>", reply_to="boss@shop.test")


@pytest.fixture
async def rendered() -> Rendered:
    nasty = remark('<img src=x onerror="alert(1)"> & ужас')
    return await render_digest(digest_of(remarks=[nasty]), Company(name="Лавка\r\nBcc: all@shop.test"))


def letter_of(
    rendered: Rendered, address: str = "boss@shop.test", key: str = "digest:2026-W47:email:x"
) -> EmailMessage:
    sent = compose_digest(rendered, EMAIL, key=key, address=address, date=AS_OF).as_bytes()
    return message_from_bytes(sent, policy=policy.default)


def test_a_letter_reads_the_same_as_text_and_as_html_and_carries_its_picture(rendered: Rendered) -> None:
    letter = letter_of(rendered)
    assert not letter.defects
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text
    assert html
    assert text.get_content().splitlines() == rendered.text.splitlines()
    assert "NPS 49 (от 33 до 63), 87 ответов" in html.get_content()
    assert 'src="cid:digest.png"' in html.get_content()
    picture = next(part for part in letter.walk() if part.get_content_type() == "image/png")
    assert picture["Content-ID"] == "<digest.png>"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_content() == rendered.png


def test_nothing_that_a_customer_wrote_becomes_a_tag_or_a_header(rendered: Rendered) -> None:
    letter = letter_of(rendered)
    html = letter.get_body(("html",))
    assert html
    assert "<img src=x" not in html.get_content()
    assert "&lt;img src=x onerror=" in html.get_content()
    assert letter["Bcc"] is None
    assert "Лавка Bcc: all@shop.test" in letter["Subject"]


def test_headers_are_those_of_a_machine_that_writes_once(rendered: Rendered) -> None:
    letter = letter_of(rendered)
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Reply-To"] == "boss@shop.test"
    assert letter["Message-ID"] == letter_of(rendered)["Message-ID"]
    assert letter["Message-ID"] != letter_of(rendered, key="digest:2026-W48:email:x")["Message-ID"]
    assert letter["Message-ID"].isascii()


def test_no_line_is_longer_than_mail_servers_take(rendered: Rendered) -> None:
    sent = compose_digest(rendered, EMAIL, key="k", address="boss@shop.test", date=AS_OF).as_bytes()
    assert sent.isascii()
    assert max(len(line) for line in sent.split(b"\r\n")) <= 998
