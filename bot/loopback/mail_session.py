"""One SMTP connection to the mail server, on aiosmtpd's protocol."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, AnyStr

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from bot.loopback.letters import Letter
from bot.loopback.mail_faults import MailFaults

HOSTNAME = "mail.loopback.test"

# aiosmtpd warns into its log of what is meant here; without any handler Python would print it.
logging.getLogger("mail.log").addHandler(logging.NullHandler())


class MailHandler:
    """aiosmtpd's hooks: what becomes of recipients and letters."""

    def __init__(self, faults: MailFaults, keep: Callable[[Letter], None]) -> None:
        self._faults = faults
        self._keep = keep

    async def handle_MAIL(  # noqa: N802  aiosmtpd's name
        self, session: "MailSession", _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = await self._refuse_connection(session, "MAIL")
        if refusal:
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, session: "MailSession", _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = await self._refuse_connection(session, "RCPT") or self._faults.answer_recipient(address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, session: "MailSession", _: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        faults = self._faults
        refusal, lost = faults.take("DATA"), faults.take("LOSE")
        dropped = lost or faults.take("DROP")
        if not refusal and not lost:
            content = envelope.original_content or b""
            sender = envelope.mail_from or ""
            self._keep(Letter(sender, tuple(envelope.rcpt_tos), content, datetime.now(UTC)))
            session.letters += 1
        if faults.delay:
            await asyncio.sleep(faults.delay)
        if dropped:
            await session.hang_up()
        return refusal or "250 2.0.0 Ok: queued"

    async def _refuse_connection(self, session: "MailSession", step: str) -> str | None:
        refusal = self._faults.answer_connection(step, session.letters)
        if refusal and refusal.startswith("421"):
            await session.push(refusal)
            await session.hang_up()
        return refusal


class MailSession(SMTP):
    """Like aiosmtpd's, without its warnings: a login over plain text is what a test on loopback wants."""

    def __init__(
        self,
        handler: MailHandler,
        faults: MailFaults,
        login: tuple[str, str] | None,
        starttls: ssl.SSLContext | None,
        forget: Callable[["MailSession"], None],
    ) -> None:
        self._faults = faults
        self._login = login
        self._forget = forget
        self.letters = 0  # taken over this connection
        self.task: asyncio.Task[None] | None = None
        super().__init__(
            handler,
            enable_SMTPUTF8=True,
            hostname=HOSTNAME,
            ident="ESMTP",
            tls_context=starttls,
            auth_require_tls=login is None,
            authenticator=self._check_login,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.task = self._handler_coroutine
        if self.task:
            self.task.add_done_callback(_look_at)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._forget(self)

    async def push(self, status: AnyStr) -> None:
        if self._faults.reply_delay:
            await asyncio.sleep(self._faults.reply_delay)
        await super().push(status)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  aiosmtpd's name
        if self._faults.take("BEFORE_DATA"):
            await self.hang_up()
        if self._faults.take("WITHIN_DATA"):
            await self.push("354 Go on")
            await self._reader.readline()
            await self.hang_up()
        await super().smtp_DATA(arg)

    async def hang_up(self) -> None:
        """Never returns: the lost connection cancels the session."""
        if self.transport:
            self.transport.close()
        await asyncio.get_running_loop().create_future()

    async def check_auth_needed(self, caller_method: str) -> bool:
        if self._login is None or (self.session and self.session.authenticated):
            return False
        await self.push("530 5.7.0 Authentication required")
        return True

    def _check_login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        fits = self._login == (given.login.decode(), given.password.decode())
        return AuthResult(success=fits, handled=False)


class ClosedDoor(asyncio.Protocol):
    """Greets with a refusal and closes."""

    def __init__(self, refusal: str) -> None:
        self._refusal = refusal

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(f"{self._refusal}\r\n".encode())
        transport.close()


def _look_at(task: "asyncio.Task[None]") -> None:
    """A client that went away in mid-command is nothing for asyncio to complain of."""
    if not task.cancelled():
        task.exception()
