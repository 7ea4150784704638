"""Letters through Postfix, back into Dovecot, and read by IMAP: bounces, replies, logins, certificates."""

import asyncio
import smtplib
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from typing import Any

import pytest

from bot.channels.email import EmailChannel
from bot.channels.mailer import Mailer
from bot.channels.settings import EmailSettings
from bot.loopback.mail_server import MailServer
from bot.mailbox.imap import MailboxAway
from bot.mailbox.reading import MailboxReader
from scheduler.asking.sending import send_due
from scheduler.channel import TryLater
from storage.database import Database
from storage.models import Address, Response
from storage.statuses import DeliveryStatus, LetterKind
from tests.flow.mailbox import ask, rows
from tests.flow.world import COMPANY, NOW, POLICY
from tests.outside.imap_box import PATIENCE, RETURNS, flags, reader_of, shift_of
from tests.outside.mail_stack import PASSWORD, USER, MailStack
from tests.outside.test_email_channel import question
from tests.unit.mail import reply

pytestmark = pytest.mark.system

PLAIN = b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()


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
