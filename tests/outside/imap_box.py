"""The mailbox at Dovecot as tests see it: filled, looked into, read by the program's own reader."""

import imaplib
from typing import Any

from bot.channels.settings import MailboxSettings
from bot.letters.return_address import ReturnAddresses
from bot.mailbox.reading import MailboxReader
from scheduler.asking.shift import Shift
from storage.database import Database
from storage.duties import Duty, Watch
from tests.flow.channels import ListChannel
from tests.flow.world import COMPANY, NOW, POLICY
from tests.outside.mail_stack import PASSWORD, USER, MailStack

RETURNS = ReturnAddresses(USER, "+")
PATIENCE = 60.0
REFUSALS = "&BB4EQgQ6BDAENwRL-"  # a folder: Отказы


def empty(stack: MailStack) -> None:
    """Deletes every letter."""
    with logged_in(stack) as client:
        for folder in ("INBOX", REFUSALS):
            status, [count] = client.select(f'"{folder}"')
            if status == "OK" and count != b"0":
                client.store("1:*", "+FLAGS", r"\Deleted")
                client.expunge()
                client.close()


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
