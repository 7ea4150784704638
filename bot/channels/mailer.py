"""Handing a message to the shop's mail server over kept connections, and telling where it failed.

Before the final dot nothing was accepted; a refusal of it says the same; a connection lost after it leaves unknown.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage

import aiosmtplib

from bot.channels.envelope import Envelope, enclose
from bot.channels.refusals import Step, meaning
from bot.channels.settings import EmailSettings
from scheduler.channel import TryLater, Undeliverable, Unknown

PATIENCE = 30.0  # seconds for a reply
DOT_PATIENCE = 120.0  # seconds for the reply to the final dot: servers scan letters before they answer
READY, ACCEPTED = 354, 250

log = logging.getLogger(__name__)


class Mailer:
    """The shop's mail server; open one with `open_mailer`."""

    def __init__(
        self, settings: EmailSettings, *, tls: ssl.SSLContext | None = None, patience: float = PATIENCE,
        dot_patience: float = DOT_PATIENCE,
    ) -> None:  # fmt: skip
        """:param tls: instead of the system's certificate authorities"""
        self._settings, self._tls, self._patience, self._dot_patience = settings, tls, patience, dot_patience
        self._places = asyncio.Semaphore(settings.connections)
        self._idle: list[aiosmtplib.SMTP] = []
        self._own_name: str | None = None

    async def deliver(self, message: EmailMessage, recipient: str) -> str:
        """Hands a message over for one recipient; returns its Message-ID.

        :raises Undeliverable, TryLater, Unknown: see `scheduler.channel`
        """
        envelope = enclose(message, self._settings.sender, recipient)
        async with self._places:
            client = await self._open(envelope)
            try:
                await self._name_recipient(client, envelope)
                await self._hand_over(client, envelope)
            except (Undeliverable, TryLater):
                await self._reset(client)
                raise
            except BaseException:
                client.close()
                raise
            self._idle.append(client)
        return str(message["Message-ID"] or "")

    async def close(self) -> None:
        """Says goodbye on every kept connection."""
        while self._idle:
            client = self._idle.pop()
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=2)
            client.close()

    async def _open(self, envelope: Envelope) -> aiosmtplib.SMTP:
        """A connection on which the server has accepted our sender: a kept one if it still serves, else a new one."""
        while self._idle:
            client = self._idle.pop()
            if client.is_connected and await self._still_serves(client, envelope):
                return client
        client = await self._connect()
        try:
            await _announce(client, envelope)
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            raise meaning(Step.SENDER, error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise TryLater("disconnected", whole_channel=True) from error
        except BaseException:
            client.close()
            raise
        return client

    async def _still_serves(self, client: aiosmtplib.SMTP, envelope: Envelope) -> bool:
        """False: it was closed for idling or has carried enough. Nothing is lost, and a new connection tells more."""
        try:
            await _announce(client, envelope)
        except (aiosmtplib.SMTPException, OSError):
            client.close()
            return False
        except BaseException:
            client.close()
            raise
        return True

    async def _name_recipient(self, client: aiosmtplib.SMTP, envelope: Envelope) -> None:
        try:
            await client.rcpt(envelope.recipient, encoding=envelope.encoding)
        except aiosmtplib.SMTPResponseException as error:
            raise meaning(Step.RECIPIENT, error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise TryLater("disconnected") from error
        except ValueError as error:
            raise Undeliverable("bounced") from error  # no mailbox has a control character in its name

    async def _hand_over(self, client: aiosmtplib.SMTP, envelope: Envelope) -> None:
        try:
            ready = await client.execute_command(b"DATA")
            if ready.code == READY and client.protocol:
                client.protocol.write(envelope.body)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise TryLater("disconnected") from error
        if ready.code != READY:
            raise meaning(Step.LETTER, ready.code, ready.message)
        if client.protocol is None:
            raise TryLater("disconnected")
        # From here on the final dot may have arrived.
        try:
            answer = await client.protocol.read_response(timeout=self._dot_patience)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unknown(f"cut off after hand-over: {type(error).__name__}") from error
        if answer.code != ACCEPTED:
            raise meaning(Step.LETTER, answer.code, answer.message)

    async def _reset(self, client: aiosmtplib.SMTP) -> None:
        """Keeps the connection after a refusal where it can be kept."""
        try:
            await client.rset(timeout=self._patience)
        except (aiosmtplib.SMTPException, OSError):
            client.close()
        else:
            self._idle.append(client)

    async def _connect(self) -> aiosmtplib.SMTP:
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            username=settings.username or None,
            password=settings.password if settings.username else None,
            tls_context=self._tls,
            local_hostname=await self._hostname(),
            timeout=self._patience,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except aiosmtplib.SMTPResponseException as error:
            log.warning("the mail server refuses us: %d %s", error.code, error.message)
            raise meaning(Step.SESSION, error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            log.warning("no mail server: %s", error)
            raise TryLater("no_mail_server", whole_channel=True) from error
        return client

    async def _hostname(self) -> str:
        """What we call ourselves; looked up once, because a broken name service takes its time."""
        if self._own_name is None:
            name = await asyncio.to_thread(socket.getfqdn)
            self._own_name = (
                name if name.isascii() and name.replace("-", "").replace(".", "").isalnum() else "localhost"
            )
        return self._own_name


@asynccontextmanager
async def open_mailer(settings: EmailSettings, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Mailer]:
    """A mailer, its connections closed at the end; nothing is connected yet."""
    mailer = Mailer(settings, tls=tls)
    try:
        yield mailer
    finally:
        await mailer.close()


async def _announce(client: aiosmtplib.SMTP, envelope: Envelope) -> None:
    """Begins a letter with MAIL."""
    if envelope.is_utf8 and not client.supports_extension("smtputf8"):
        raise Undeliverable("refused", address_is_dead=False)
    options = ["SMTPUTF8", "BODY=8BITMIME"] if envelope.is_utf8 else []
    if client.supports_extension("size"):
        options.append(f"SIZE={len(envelope.body)}")
    await client.mail(envelope.sender, options=options, encoding=envelope.encoding)
