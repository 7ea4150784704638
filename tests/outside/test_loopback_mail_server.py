"""The mail server on loopback, driven by aiosmtplib."""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from bot.loopback.mail_server import MailServer


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with MailServer() as server:
        yield server


def connect(mail: MailServer, timeout: float = 5) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(hostname=mail.host, port=mail.port, use_tls=False, start_tls=False, timeout=timeout)


def compose(to: str = "anna@shop.test") -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "ask@shop.test", to, "Как вам?"
    letter.set_content("Здравствуйте!\n.\n..точки\n")
    letter.add_alternative("<p>Здравствуйте!</p>", subtype="html")
    return letter


async def test_a_letter_is_kept_as_it_was_sent(mail: MailServer) -> None:
    async with connect(mail) as smtp:
        await smtp.send_message(compose())
    [letter] = mail.letters
    assert (letter.mail_from, letter.rcpt_tos) == ("ask@shop.test", ("anna@shop.test",))
    assert letter.message["Subject"] == "Как вам?"
    plain = letter.message.get_body(("plain",))
    assert plain
    assert plain.get_content().splitlines() == ["Здравствуйте!", ".", "..точки"]


async def test_one_connection_carries_many_letters(mail: MailServer) -> None:
    async with connect(mail) as smtp:
        for number in range(5):
            await smtp.send_message(compose(f"c{number}@shop.test"))
    assert [letter.rcpt_tos[0] for letter in mail.letters] == [f"c{number}@shop.test" for number in range(5)]
    assert mail.connections == 1


async def test_a_refused_recipient_gets_nothing_and_others_do(mail: MailServer) -> None:
    mail.refuse("Gone@shop.test", 550, "5.1.1 No such user")
    async with connect(mail) as smtp:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await smtp.send_message(compose("gone@shop.test"))
        await smtp.send_message(compose("anna@shop.test"))
    assert (refused.value.recipients[0].code, refused.value.recipients[0].message) == (550, "5.1.1 No such user")
    assert [letter.rcpt_tos for letter in mail.letters] == [("anna@shop.test",)]


async def test_all_are_refused_for_a_while_and_then_accepted(mail: MailServer) -> None:
    mail.refuse_all(451, times=1)
    async with connect(mail) as smtp:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await smtp.send_message(compose())
        await smtp.send_message(compose())
    assert refused.value.recipients[0].code == 451
    assert len(mail.letters) == 1


async def test_a_letter_refused_after_its_dot_is_not_kept(mail: MailServer) -> None:
    mail.refuse_data(554, "5.7.1 Looks like spam")
    async with connect(mail) as smtp:
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await smtp.send_message(compose())
    assert (refused.value.code, refused.value.message) == (554, "5.7.1 Looks like spam")
    assert mail.letters == []


@pytest.mark.parametrize(("kept", "letters"), [(True, 1), (False, 0)])
async def test_a_connection_dropped_after_the_dot_says_nothing_of_the_letter(
    mail: MailServer, kept: bool, letters: int
) -> None:
    mail.drop_after_data(kept=kept)
    smtp = connect(mail)
    await smtp.connect()
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await smtp.send_message(compose())
    assert len(mail.letters) == letters


async def test_a_slow_answer_comes_after_the_letter_was_taken(mail: MailServer) -> None:
    mail.slow(60)
    smtp = connect(mail, timeout=0.2)
    await smtp.connect()
    with pytest.raises(aiosmtplib.SMTPReadTimeoutError):
        await smtp.send_message(compose())
    smtp.close()
    assert len(mail.letters) == 1


async def test_a_refused_connection_is_told_so_in_the_greeting(mail: MailServer) -> None:
    mail.refuse_connections(times=1)
    with pytest.raises(aiosmtplib.SMTPConnectResponseError) as refused:
        await connect(mail).connect()
    assert refused.value.code == 421
    async with connect(mail) as smtp:
        await smtp.send_message(compose())
    assert len(mail.letters) == 1


async def test_without_the_login_nothing_is_accepted() -> None:
    async with MailServer(username="shop", password="secret") as mail:
        smtp = connect(mail)
        await smtp.connect()
        with pytest.raises(aiosmtplib.SMTPSenderRefused) as refused:
            await smtp.send_message(compose())
        assert refused.value.code == 530
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await smtp.login("shop", "wrong")
        await smtp.login("shop", "secret")
        await smtp.send_message(compose())
        smtp.close()
        assert len(mail.letters) == 1


async def test_the_standard_library_speaks_to_it_too(mail: MailServer) -> None:
    def send() -> None:
        with smtplib.SMTP(mail.host, mail.port, timeout=5) as smtp:
            smtp.send_message(compose())

    await asyncio.to_thread(send)
    assert len(mail.letters) == 1


async def test_a_waiting_reader_hears_of_a_letter_at_once(mail: MailServer) -> None:
    waiting = asyncio.create_task(mail.wait_for(lambda: mail.letters_to("anna@shop.test"), seconds=5))
    async with connect(mail) as smtp:
        await smtp.send_message(compose())
    await waiting
    with pytest.raises(TimeoutError, match="1 letters"):
        await mail.wait_for(lambda: len(mail.letters) > 1, seconds=0)


async def test_it_stops_with_connections_still_open() -> None:
    async with MailServer() as mail:
        smtp = connect(mail)
        await smtp.connect()
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await smtp.noop()
    with suppress(aiosmtplib.SMTPException):
        smtp.close()


@pytest.mark.parametrize("implicit", [True, False])
async def test_letters_come_over_tls(implicit: bool) -> None:
    certificate = Path(__file__).parent.parent / "data" / "loopback_mail.pem"
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate)
    client = ssl.create_default_context(cafile=str(certificate))
    async with MailServer(tls=server, implicit_tls=implicit, username="shop", password="secret") as mail:
        smtp = aiosmtplib.SMTP(
            hostname=mail.host, port=mail.port, use_tls=implicit, start_tls=not implicit, tls_context=client, timeout=5
        )
        async with smtp:
            await smtp.login("shop", "secret")
            await smtp.send_message(compose())
        assert len(mail.letters) == 1
