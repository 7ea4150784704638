"""The shop's mail server: a few kept connections, each for a bounded number of letters."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiosmtplib

from bot.channels.envelope import Envelope
from bot.channels.refusals import Step, meaning
from bot.channels.session import Failure, MailSession
from bot.channels.settings import EmailSettings
from bot.channels.streak import Streak
from scheduler.channel import TryLater, Undeliverable

PATIENCE = 30.0  # seconds for a reply
DOT_PATIENCE = 120.0  # seconds for the reply to the final dot: servers scan letters before they answer

log = logging.getLogger(__name__)


class Mailer:
    """Hands messages over; open one with `open_mailer`."""

    def __init__(
        self, settings: EmailSettings, *, tls: ssl.SSLContext | None = None, patience: float = PATIENCE,
        dot_patience: float = DOT_PATIENCE,
    ) -> None:  # fmt: skip
        """:param tls: instead of the system's certificate authorities"""
        self._settings, self._tls, self._patience, self._dot_patience = settings, tls, patience, dot_patience
        self._places = asyncio.Semaphore(settings.connections)
        self._idle: list[MailSession] = []
        self._distrusted, self._put_off = Streak(), Streak()
        self._own_name: str | None = None

    async def deliver(self, envelope: Envelope) -> str:
        """Hands a message over; returns its Message-ID.

        :raises Undeliverable, TryLater, Unknown: see `scheduler.channel`
        """
        async with self._places:
            session = await self._begin(envelope)
            try:
                await session.finish(envelope)
            except TryLater as error:  # perhaps the connection has carried enough: the next letter gets a new one
                self._compare(envelope, error)
                await session.leave()
                raise
            except Undeliverable:
                await session.reset()
                self._keep(session)
                raise
            except BaseException:
                session.close()
                raise
            self._distrusted.end()
            self._put_off.end()
            self._keep(session)
        return envelope.message_id

    async def close(self) -> None:
        """Says goodbye on every kept connection."""
        while self._idle:
            await self._idle.pop().leave()

    async def _begin(self, envelope: Envelope) -> MailSession:
        """A connection on which the server has accepted our sender: a kept one if it still serves, else a new one."""
        while self._idle:
            session = self._idle.pop()
            if session.letters >= self._settings.letters_per_connection:
                await session.leave()
            elif session.is_open and await self._still_serves(session, envelope):
                return session
        session = await self._connect()
        try:
            await session.begin(envelope)
        except BaseException:
            session.close()
            raise
        return session

    async def _still_serves(self, session: MailSession, envelope: Envelope) -> bool:
        """False: it was closed for idling or has carried enough. Nothing is lost, and a new connection tells more."""
        try:
            await session.begin(envelope)
        except TryLater:
            session.close()
            return False
        except BaseException:
            session.close()
            raise
        return True

    def _compare(self, envelope: Envelope, error: TryLater) -> None:
        """With what became of the letters before: what meets everybody is no letter's fault."""
        if not (error.is_doubtful or error.is_common):
            return
        streak = self._distrusted if error.is_doubtful else self._put_off
        if streak.add(envelope):
            # Who hangs up on everybody (421), or takes nothing for now (4xx), does so for a while.
            error.needs_people = error.is_doubtful and not error.whole_channel
            error.whole_channel, error.is_doubtful = True, False
            error.others = streak.take_deliveries()

    def _keep(self, session: MailSession) -> None:
        if session.is_open:
            self._idle.append(session)

    async def _connect(self) -> MailSession:
        client = await self._new_client()
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except aiosmtplib.SMTPResponseException as error:
            log.warning("the mail server refuses us: %d %s", error.code, error.message)
            raise meaning(Step.SESSION, error.code, error.message) from error
        except Failure as error:
            log.warning("no mail server: %s", error)
            raise TryLater("no_mail_server", whole_channel=True) from error
        return MailSession(client, patience=self._patience, dot_patience=self._dot_patience)

    async def _new_client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
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
