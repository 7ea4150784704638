"""An SMTP server on loopback that keeps its letters and refuses what it is told to."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Self

from bot.loopback.bell import Bell
from bot.loopback.letters import Letter
from bot.loopback.mail_faults import MailFaults
from bot.loopback.mail_session import ClosedDoor, MailHandler, MailSession


class MailServer(MailFaults):
    """
    `async with MailServer() as mail:` then SMTP to `mail.host`, `mail.port`; what was accepted is in `mail.letters`.

    With a username and password nothing is accepted without them. `tls` is a server's context: offered by STARTTLS,
    or with `implicit_tls` spoken from the first byte.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        username: str | None = None,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
    ) -> None:
        super().__init__()
        self.host = host
        self.port = port
        self.letters: list[Letter] = []
        self.connections = 0
        """Accepted since the start, those that were refused included."""
        self._login = (username, password or "") if username else None
        self._starttls = None if implicit_tls else tls
        self._tls = tls if implicit_tls else None
        self._bell = Bell()
        self._handler = MailHandler(self, self._keep)
        self._sessions: set[MailSession] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Serves; after a `stop` at the same address, with the same letters."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connect, self.host, self.port, ssl=self._tls, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Everybody is cut off, nobody gets in."""
        if self._server is None:
            return
        self._server.close()
        tasks = [session.task for session in self._sessions if session.task]
        for session in self._sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def wait_for(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """
        Returns as soon as the condition holds; it is looked at whenever a letter comes.

        :raises TimeoutError: it didn't come to hold in that time
        """
        if not await self._bell.wait_for(condition, seconds):
            raise TimeoutError(f"not so within {seconds} seconds; {len(self.letters)} letters came")

    def letters_to(self, address: str) -> list[Letter]:
        return [letter for letter in self.letters if address in letter.rcpt_tos]

    def _keep(self, letter: Letter) -> None:
        self.letters.append(letter)
        self._bell.ring()

    def _connect(self) -> asyncio.Protocol:
        self.connections += 1
        refusal = self.take("CONNECT")
        if refusal:
            return ClosedDoor(refusal)
        session = MailSession(self._handler, self, self._login, self._starttls, self._sessions.discard)
        self._sessions.add(session)
        return session
