"""Letters through Postfix, back into Dovecot, and read by IMAP: bounces, replies, logins, certificates, kills."""

import asyncio
import imaplib
import smtplib
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.channels.email import EmailChannel
from bot.channels.mailer import Mailer
from bot.channels.settings import EmailSettings, MailboxSettings
from bot.letters.return_address import ReturnAddresses
from bot.loopback.mail_server import MailServer
from bot.mailbox.imap import MailboxAway
from bot.mailbox.reading import MailboxReader
from scheduler.asking.sending import send_due
from scheduler.asking.shift import Shift
from scheduler.channel import TryLater
from storage.database import Database
from storage.duties import Duty, Watch
from storage.models import Address, CustomerComment, Response
from storage.statuses import DeliveryStatus, LetterKind
from tests.faults.programs import program, run_to_end
from tests.flow.channels import ListChannel
from tests.flow.mailbox import ask, rows
from tests.flow.world import COMPANY, NOW, POLICY
from tests.outside.mail_stack import CERTIFICATE, PASSWORD, USER, MailStack, run_mail_stack
from tests.outside.test_email_channel import question
from tests.unit.mail import many_parts, reply

pytestmark = pytest.mark.system

RETURNS = ReturnAddresses(USER, "+")
PATIENCE = 60.0
PLAIN = b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()


@pytest.fixture(scope="module")
def servers() -> Iterator[MailStack]:
    with run_mail_stack() as stack:
        yield stack


@pytest.fixture
def stack(servers: MailStack) -> MailStack:
    """The servers with an empty mailbox."""
    with logged_in(servers) as client:
        for folder in ("INBOX", "&BB4EQgQ6BDAENwRL-"):
            status, [count] = client.select(f'"{folder}"')
            if status == "OK" and count != b"0":
                client.store("1:*", "+FLAGS", r"\Deleted")
                client.expunge()
                client.close()
    return servers


def logged_in(stack: MailStack) -> imaplib.IMAP4:
    client = imaplib.IMAP4_SSL("127.0.0.1", stack.imaps, ssl_context=stack.trusting)
    client.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
    return client


def put(stack: MailStack, *letters: bytes, folder: str = "INBOX") -> None:
    with logged_in(stack) as client:
        for raw in letters:
            assert client.append(f'"{folder}"', "", "", raw)[0] == "OK"


def flags(stack: MailStack) -> list[bool]:
    """Which letters of the mailbox are marked as read, in their order."""
    with logged_in(stack) as client:
        client.select("INBOX", readonly=True)
        return [b"Seen" in line for line in client.fetch("1:*", "(FLAGS)")[1] if isinstance(line, bytes)]


def reader_of(stack: MailStack, database: Database, **values: Any) -> MailboxReader:
    fields: dict[str, Any] = {
        "host": "127.0.0.1", "port": stack.imap, "security": "starttls", "username": USER, "password": PASSWORD,
        "address": USER,
    }  # fmt: skip
    settings = MailboxSettings(**(fields | values))
    return MailboxReader(settings=settings, watch=Watch(database, Duty.READ_MAILBOX), tls=stack.trusting)


def shift_of(database: Database) -> Shift:
    channel = ListChannel(name="email", address_kind="email")
    return Shift(
        database=database, channels={"email": channel}, policy=POLICY, company=COMPANY, clock=lambda: NOW, sender_id=0,
    )  # fmt: skip


def settings_of(stack: MailStack, **values: Any) -> EmailSettings:
    fields: dict[str, Any] = {
        "host": "127.0.0.1", "port": stack.smtp, "security": "starttls", "username": USER, "password": PASSWORD,
        "sender": "Лавка <ask@shop.test>", "rate_per_second": 100,
    }  # fmt: skip
    return EmailSettings(**(fields | values))


@asynccontextmanager
async def channel_of(stack: MailStack, **values: Any) -> AsyncIterator[EmailChannel]:
    settings = settings_of(stack, **values)
    mailer = Mailer(settings, tls=stack.trusting)
    yield EmailChannel(mailer, settings, POLICY, COMPANY, base="https://nps.example.test", returns=RETURNS)
    await mailer.close()


async def read_until(
    reader: MailboxReader, database: Database, wanted: dict[LetterKind, int], stack: MailStack
) -> Counter[LetterKind]:
    """Reads until these have come; servers take their time."""
    counts: Counter[LetterKind] = Counter()
    try:
        async with asyncio.timeout(PATIENCE):
            while any(counts[kind] < count for kind, count in wanted.items()):
                counts += await reader.read(shift_of(database))
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"only {counts} came\n{stack.log()}")
    return counts


async def test_bounces_and_replies_come_back_through_real_servers(database: Database, stack: MailStack) -> None:
    async with MailServer(port=stack.sink) as customers, channel_of(stack) as channel:
        customers.refuse("c2@example.test", 550, "5.1.1 User unknown")
        customers.refuse("c3@example.test", 452, "4.2.2 Mailbox full")
        asked = [await ask(database, number, status=DeliveryStatus.QUEUED) for number in ("1", "2", "3")]
        sent = await send_due(database, {"email": channel}, POLICY, COMPANY, NOW)
        assert sent.sent == 3
        await customers.wait_for(lambda: customers.letters, PATIENCE)
        [letter] = customers.letters
        assert letter.mail_from == RETURNS.of_bounces(asked[0].token, "question")
        await asyncio.to_thread(_answer, stack, str(letter.message["Reply-To"]), "9/10 спасибо")
    wanted = {LetterKind.HARD_BOUNCE: 1, LetterKind.SOFT_BOUNCE: 1, LetterKind.ANSWER: 1}
    counts = await read_until(reader_of(stack, database), database, wanted, stack)
    assert counts == wanted
    assert [row.status for row in await rows(database)] == ["sent", "undeliverable", "undeliverable"]
    assert [row.undeliverable_at is not None for row in await rows(database, Address)] == [False, True, False]
    [response] = await rows(database, Response)
    assert (response.customer_id, response.score, response.comment) == (asked[0].customer_id, 9, "спасибо")
    assert flags(stack) == [True] * 3


def _answer(stack: MailStack, to: str, text: str) -> None:
    with smtplib.SMTP("127.0.0.1", stack.smtp) as client:
        client.starttls(context=stack.trusting)
        client.ehlo()
        assert client.docmd("AUTH", f"PLAIN {PLAIN}")[0] == 235
        client.send_message(message_from_bytes(reply(text, to=to)), USER, [to])


@pytest.mark.parametrize("wrong", [{"security": "none", "username": ""}, {"password": "x"}, {"username": ""}])
async def test_postfix_takes_no_letter_without_tls_and_login(
    database: Database, stack: MailStack, wrong: dict[str, str]
) -> None:
    await ask(database, status=DeliveryStatus.QUEUED)
    async with channel_of(stack, **wrong) as channel:
        sent = await send_due(database, {"email": channel}, POLICY, COMPANY, NOW)
    assert (sent.sent, sent.deferred) == (0, 1)


async def test_postfix_s_certificate_is_checked(stack: MailStack) -> None:
    mailer = Mailer(settings_of(stack))
    channel = EmailChannel(mailer, settings_of(stack), POLICY, COMPANY, base="https://nps.example.test")
    with pytest.raises(TryLater) as distrusted:
        await channel.ask(question())
    assert distrusted.value.whole_channel


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": "x"}, "Authentication failed"),
        ({"folder": "Нет такой"}, "there is no folder Нет такой"),
        ({"port": 1}, "refused"),
        ({"security": "tls"}, "SSL"),
    ],
)
async def test_a_mailbox_that_cannot_be_read_says_why(
    database: Database, stack: MailStack, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(MailboxAway, match=said):
        await reader_of(stack, database, **wrong).read(shift_of(database))


async def test_a_mailbox_s_certificate_is_checked(database: Database, stack: MailStack) -> None:
    for security, port in (("starttls", stack.imap), ("tls", stack.imaps)):
        reader = reader_of(stack, database, security=security, port=port)
        assert await reader.read(shift_of(database)) == {}
        reader.tls = None
        with pytest.raises(MailboxAway, match="certificate verify failed"):
            await reader.read(shift_of(database))


async def test_hostile_letters_stay_and_those_behind_them_are_read(database: Database, stack: MailStack) -> None:
    asked = await ask(database)
    to = RETURNS.of_replies(asked.token)
    huge = reply("Не доставили\n", to=to, Message_ID="<huge@x.test>") + b"x" * 76 + b"\r\n" * 25_000_000
    broken = f"To: {to}\r\n".encode() + b"Content-Type: message/rfc822\r\n\r\n" * 5_000 + b"9"
    put(
        stack,
        broken,
        huge,
        many_parts(1_000, to),
        reply("9", to="x@y.test"),
        reply("7", to=to, Message_ID="<9@x.test>"),
    )
    counts = await reader_of(stack, database).read(shift_of(database))
    assert counts == {
        LetterKind.UNREADABLE: 1, LetterKind.COMMENT: 1, LetterKind.ANSWER: 2, LetterKind.STRANGER: 1,
    }  # fmt: skip
    assert flags(stack) == [False, True, True, False, True]
    assert await reader_of(stack, database).read(shift_of(database)) == {}


async def test_a_folder_that_was_made_anew_is_not_taken_in_again(database: Database, stack: MailStack) -> None:
    asked = await ask(database)
    letters = [reply(text, to=RETURNS.of_replies(asked.token), Message_ID=f"<{text}@x.test>") for text in ("9", "2")]
    folder = "&BB4EQgQ6BDAENwRL-"  # Отказы
    with logged_in(stack) as client:
        client.create(folder)
    put(stack, *letters, folder=folder)
    reader = reader_of(stack, database, folder="Отказы")
    assert await reader.read(shift_of(database)) == {LetterKind.ANSWER: 2}
    with logged_in(stack) as client:
        assert client.delete(folder)[0] == client.create(folder)[0] == "OK"
    put(stack, *letters, folder=folder)
    assert await reader.read(shift_of(database)) == {}
    assert [row.score for row in await rows(database, Response)] == [2]


async def test_a_killed_reader_loses_no_letter_and_repeats_none(
    database: Database, database_url: str, stack: MailStack, tmp_path: Path
) -> None:
    asked = await ask(database)
    count = 150
    letters = [reply(f"письмо {number}", to=RETURNS.of_replies(asked.token), Message_ID=f"<{number}@x.test>")
               for number in range(count)]  # fmt: skip
    put(stack, *letters)
    config = tmp_path / "config.toml"
    config.write_text(
        f"""
        [database]
        url = "{database_url}"
        [mailbox]
        host = "127.0.0.1"
        port = {stack.imaps}
        username = "{USER}"
        password = "{PASSWORD}"
        address = "{USER}"
        """,
        encoding="utf-8",
    )
    trusting = {"SSL_CERT_FILE": str(CERTIFICATE)}
    for share in (count // 5, count // 2):
        async with program(config, "mailbox", "read", environment=trusting) as process, asyncio.timeout(PATIENCE):
            while True:
                if await _count(database) >= share:
                    break
                await asyncio.sleep(0.01)
            process.kill()
            await process.wait()
    ended = await run_to_end(config, "mailbox", "read", environment=trusting)
    assert (ended.status, await _count(database)) == (0, count)
    texts = {row.text for row in await rows(database, CustomerComment)}
    assert len(texts) == count


async def _count(database: Database) -> int:
    async with database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(CustomerComment))).scalar_one()
