"""The e-mail channel against a real SMTP server: what arrives, and where it failed when nothing does."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.channels.email import EmailChannel
from bot.channels.mailer import Mailer
from bot.channels.settings import EmailSettings
from bot.letters.return_address import ReturnAddresses, Returned
from bot.loopback.mail_server import MailServer
from scheduler.asking.policy import Policy
from scheduler.asking.sending import send_due
from scheduler.channel import Question, TryLater, Undeliverable, Unknown
from scheduler.company import Company
from storage.database import Database
from storage.statuses import DeliveryKind, DeliveryStatus
from tests.flow.test_sending import only_row, rows
from tests.flow.world import NOW, POLICY, ask_customer

COMPANY = Company(name="Лавка")
CERTIFICATE = Path(__file__).parent.parent / "data" / "loopback_mail.pem"
TOKEN = "AbCdEfGhIjKlMnOpQrStU-"


def question(address: str = "anna@example.test", **values: Any) -> Question:
    fields: dict[str, Any] = {
        "delivery_id": 7, "kind": "question", "token": TOKEN, "address": address, "language": "ru",
        "customer_name": "Анна", "texts": None,
    }  # fmt: skip
    return Question(**(fields | values))


def settings_of(mail: MailServer, **values: Any) -> EmailSettings:
    fields: dict[str, Any] = {
        "host": mail.host, "port": mail.port, "security": "none", "sender": "Лавка <ask@shop.test>", "connections": 2,
    }  # fmt: skip
    return EmailSettings(**(fields | values))


@asynccontextmanager
async def channel_of(
    settings: EmailSettings, tls: ssl.SSLContext | None = None, patience: float = 5
) -> AsyncIterator[EmailChannel]:
    mailer = Mailer(settings, tls=tls, patience=patience, dot_patience=patience)
    yield EmailChannel(mailer, settings, Policy(), COMPANY, base="https://nps.example.test")
    await mailer.close()


@asynccontextmanager
async def plain_server(hangs_up_on: bytes = b"QUIT") -> AsyncIterator[EmailSettings]:
    """A server without extensions that says yes to everything but one command."""
    talks: list[asyncio.Task[None] | None] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.current_task())
        writer.write(b"220 ready\r\n")
        while (line := await reader.readline()) and not line.startswith(hangs_up_on):
            writer.write(b"250 ok\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield EmailSettings(host="127.0.0.1", port=port, security="none", sender="ask@shop.test")
        await asyncio.gather(*(task for task in talks if task))


@asynccontextmanager
async def hangs_up_after(letters: int) -> AsyncIterator[tuple[EmailSettings, list[bytes]]]:
    """(a server that says 421 to what would be the next letter of a connection; the recipients of those it took)."""
    taken: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        done = 0
        while line := await reader.readline():
            if line.startswith(b"MAIL") and done == letters:
                writer.write(b"421 4.7.0 Enough for one connection\r\n")
                break
            if line.startswith(b"RCPT"):
                taken.append(line)
            if line.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                done += 1
            writer.write(b"250 ok\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield EmailSettings(host="127.0.0.1", port=port, security="none", sender="ask@shop.test"), taken


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with MailServer() as server:
        yield server


@pytest.fixture
async def channel(mail: MailServer) -> AsyncIterator[EmailChannel]:
    async with channel_of(settings_of(mail)) as opened:
        yield opened


async def test_a_letter_arrives_as_it_was_composed(mail: MailServer, channel: EmailChannel) -> None:
    reference = await channel.ask(question())
    [letter] = mail.letters
    assert (letter.mail_from, letter.rcpt_tos) == ("ask@shop.test", ("anna@example.test",))
    assert letter.message["Message-ID"] == reference == f"<molva.{TOKEN}.question@shop.test>"
    assert str(letter.message["To"]) == "Анна <anna@example.test>"
    body = letter.message.get_body(("html",))
    assert body
    assert f"https://nps.example.test/r/{TOKEN}?score=10" in body.get_content()


async def test_a_letter_names_an_address_of_our_mailbox_that_tells_whose_it_is(mail: MailServer) -> None:
    returns = ReturnAddresses("answers@shop.test", "+")
    mailer = Mailer(settings_of(mail))
    channel = EmailChannel(mailer, settings_of(mail), Policy(), COMPANY, base="https://nps.test", returns=returns)
    await channel.ask(question(kind="reminder"))
    await mailer.close()
    [letter] = mail.letters
    assert str(letter.message["From"]) == "Лавка <ask@shop.test>"
    assert returns.read(letter.mail_from) == Returned(token=TOKEN, kind=DeliveryKind.REMINDER)
    assert returns.read(str(letter.message["Reply-To"])) == Returned(token=TOKEN, kind=None)


async def test_a_line_that_begins_with_a_dot_arrives_with_its_dot(mail: MailServer, channel: EmailChannel) -> None:
    await channel.ask(question(texts={"ru": ".\n..точки\n.\nконец"}))
    body = mail.letters[0].message.get_body(("plain",))
    assert body
    assert ".\r\n..точки\r\n.\r\nконец\r\n" in body.get_content()


async def test_letters_share_kept_connections(mail: MailServer, channel: EmailChannel) -> None:
    await asyncio.gather(*(channel.ask(question(f"c{number}@example.test")) for number in range(12)))
    assert len(mail.letters) == 12
    assert mail.connections <= 2


async def test_a_kept_connection_that_the_server_closed_is_replaced_unnoticed() -> None:
    async with MailServer() as first:
        settings = settings_of(first)
        mailer = Mailer(settings)
        channel = EmailChannel(mailer, settings, Policy(), COMPANY, base="https://nps.example.test")
        await channel.ask(question())
    async with MailServer(port=settings.port) as second:
        await channel.ask(question("boris@example.test"))
        assert [letter.rcpt_tos for letter in second.letters] == [("boris@example.test",)]
        await mailer.close()


async def test_a_connection_carries_no_more_letters_than_it_may(mail: MailServer) -> None:
    async with channel_of(settings_of(mail, connections=1, letters_per_connection=3)) as channel:
        for number in range(7):
            await channel.ask(question(f"c{number}@example.test"))
    assert len(mail.letters) == 7
    assert mail.connections == 3


async def test_a_server_that_takes_fewer_letters_a_connection_gets_them_all_the_same(mail: MailServer) -> None:
    async with hangs_up_after(2) as (settings, taken), channel_of(settings) as channel:
        for number in range(5):
            await channel.ask(question(f"c{number}@example.test"))
    assert len(taken) == 5


async def test_an_unknown_mailbox_is_dead_and_the_connection_goes_on(mail: MailServer, channel: EmailChannel) -> None:
    mail.refuse("gone@example.test", 550, "5.1.1 User unknown")
    with pytest.raises(Undeliverable, match="bounced") as refused:
        await channel.ask(question("gone@example.test"))
    assert refused.value.address_is_dead
    await channel.ask(question())
    assert len(mail.letters) == 1
    assert mail.connections == 1


async def test_a_refusal_for_now_is_tried_later(mail: MailServer, channel: EmailChannel) -> None:
    mail.refuse_all(451, "4.7.1 Greylisted", times=1)
    with pytest.raises(TryLater, match=r"smtp 451 4\.7\.1") as refused:
        await channel.ask(question())
    assert not refused.value.whole_channel
    await channel.ask(question())


async def test_a_letter_refused_after_its_dot_was_surely_not_accepted(mail: MailServer, channel: EmailChannel) -> None:
    mail.refuse_data(552, "5.3.4 Too large", times=1)
    with pytest.raises(Undeliverable) as refused:
        await channel.ask(question())
    assert not refused.value.address_is_dead
    mail.refuse_data(451, "4.3.0 Busy", times=1)
    with pytest.raises(TryLater):
        await channel.ask(question())
    mail.refuse_data(554, "5.7.1 Looks like spam", times=1)
    with pytest.raises(TryLater) as distrusted:
        await channel.ask(question())
    assert distrusted.value.is_doubtful
    assert mail.letters == []


@pytest.mark.parametrize("kept", [True, False])
async def test_a_connection_lost_after_the_dot_leaves_unknown(
    mail: MailServer, channel: EmailChannel, kept: bool
) -> None:
    mail.drop_after_data(kept=kept, times=1)
    with pytest.raises(Unknown):
        await channel.ask(question())
    assert len(mail.letters) == kept
    await channel.ask(question("boris@example.test"))


async def test_a_server_that_is_silent_after_the_dot_leaves_unknown(mail: MailServer) -> None:
    async with channel_of(settings_of(mail), patience=0.2) as channel:
        mail.slow(1)
        with pytest.raises(Unknown):
            await channel.ask(question())


async def test_a_server_that_is_away_stops_the_whole_channel() -> None:
    async with MailServer() as gone:
        settings = settings_of(gone)
    async with channel_of(settings) as channel:
        with pytest.raises(TryLater, match="no_mail_server") as away:
            await channel.ask(question())
    assert away.value.whole_channel


async def test_a_server_that_greets_with_a_refusal_stops_the_whole_channel(
    mail: MailServer, channel: EmailChannel
) -> None:
    mail.refuse_connections(421, times=1)
    with pytest.raises(TryLater) as busy:
        await channel.ask(question())
    assert busy.value.whole_channel
    await channel.ask(question())


async def test_a_connection_cut_before_the_dot_was_surely_not_accepted() -> None:
    async with plain_server(hangs_up_on=b"DATA") as settings, channel_of(settings) as channel:
        with pytest.raises(TryLater, match="disconnected"):
            await channel.ask(question())


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_letters_go_over_tls_with_a_login(security: str) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(CERTIFICATE)
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    async with MailServer(tls=server, implicit_tls=security == "tls", username="shop", password="пароль") as mail:
        settings = settings_of(mail, security=security, username="shop", password="пароль")
        async with channel_of(settings, tls=trusting) as channel:
            await channel.ask(question())
        assert len(mail.letters) == 1
        async with channel_of(settings) as distrusting:
            with pytest.raises(TryLater) as distrusted:
                await distrusting.ask(question())
        assert distrusted.value.whole_channel
        async with channel_of(settings_of(mail, security=security, username="shop", password="x"), trusting) as wrong:
            with pytest.raises(TryLater, match="smtp 535") as refused:
                await wrong.ask(question())
        assert refused.value.whole_channel
        assert len(mail.letters) == 1


async def test_a_server_without_starttls_gets_no_letter_where_it_is_required(mail: MailServer) -> None:
    async with channel_of(settings_of(mail, security="starttls")) as channel:
        with pytest.raises(TryLater) as refused:
            await channel.ask(question())
    assert refused.value.whole_channel
    assert mail.letters == []


async def test_an_address_beyond_ascii_reaches_a_server_that_takes_it(mail: MailServer, channel: EmailChannel) -> None:
    await channel.ask(question("анна@почта.рф"))
    assert mail.letters[0].rcpt_tos == ("анна@xn--80a1acny.xn--p1ai",)


async def test_an_address_beyond_ascii_is_undeliverable_where_the_server_does_not_take_it() -> None:
    async with plain_server() as settings, channel_of(settings) as channel:
        with pytest.raises(Undeliverable) as refused:
            await channel.ask(question("анна@почта.рф"))
    assert not refused.value.address_is_dead


@pytest.mark.parametrize(
    "address", ["anna@b.test> NOTIFY=NEVER", "a b@c.test", "x", "", "anna@-\r\nRCPT TO:<b@c.test>"]
)
async def test_what_is_no_address_is_undeliverable(mail: MailServer, channel: EmailChannel, address: str) -> None:
    with pytest.raises(Undeliverable, match="bounced"):
        await channel.ask(question(address))
    assert mail.letters == []


async def test_a_question_goes_from_the_queue_into_the_mailbox(database: Database, mail: MailServer) -> None:
    async with database.begin() as connection:
        for number in ("1", "2", "3"):
            await ask_customer(connection, number, channel="email", status=DeliveryStatus.QUEUED)
    mail.refuse("c2@example.test")
    async with channel_of(settings_of(mail, rate_per_second=100)) as channel:
        sent = await send_due(database, {"email": channel}, POLICY, COMPANY, NOW)
    assert (sent.sent, sent.undeliverable) == (2, 1)
    assert sorted(letter.rcpt_tos[0] for letter in mail.letters) == ["c1@example.test", "c3@example.test"]
    assert {letter.message["Message-ID"] for letter in mail.letters} == {
        row.reference for row in await rows(database) if row.reference
    }


async def test_a_letter_cut_off_after_its_dot_is_not_sent_again(database: Database, mail: MailServer) -> None:
    async with database.begin() as connection:
        await ask_customer(connection, "1", channel="email", status=DeliveryStatus.QUEUED)
    mail.drop_after_data(times=1)
    async with channel_of(settings_of(mail)) as channel:
        for _ in range(2):
            assert (await send_due(database, {"email": channel}, POLICY, COMPANY, NOW, drain=True)).unknown == 1
    assert len(mail.letters) == 1
    assert (await only_row(database)).status == DeliveryStatus.UNKNOWN
