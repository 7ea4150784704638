"""One connection to a mail server: a letter's steps one by one, each failure with its meaning.

Before the final dot nothing was accepted; a refusal of it says the same; a connection lost after it leaves unknown.
"""

import logging
from contextlib import suppress

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from bot.channels.envelope import Envelope
from bot.channels.refusals import Step, meaning
from scheduler.channel import TryLater, Undeliverable, Unknown

GOODBYE_PATIENCE = 2.0  # seconds for the reply to QUIT
DONE, READY, REFUSED = 250, 354, 400
Failure = (aiosmtplib.SMTPException, OSError)

log = logging.getLogger(__name__)


class MailSession:
    """A connection over which letters go one after the other; it drives the library's commands, not its `sendmail`,
    which cannot tell where it failed.
    """

    def __init__(self, client: aiosmtplib.SMTP, *, patience: float, dot_patience: float) -> None:
        """:param client: connected and greeted
        :param patience: seconds for a reply
        :param dot_patience: seconds for the reply to the final dot
        """
        self._client, self._patience, self._dot_patience = client, patience, dot_patience
        self.letters = 0  # begun on it

    @property
    def is_open(self) -> bool:
        """Whether letters may still go over it, as far as we know."""
        return self._client.is_connected

    async def begin(self, envelope: Envelope) -> None:
        """MAIL.

        :raises Undeliverable: the server doesn't take such addresses
        :raises TryLater: it takes no letters of ours now, or has hung up
        """
        options = self._options(envelope)
        self.letters += 1
        try:
            reply = await self._say(b"MAIL", b"FROM:" + envelope.sender, *options)
        except Failure as error:
            raise TryLater("disconnected", whole_channel=True) from error
        if reply.code != DONE:
            raise meaning(Step.SENDER, reply.code, reply.message)

    async def finish(self, envelope: Envelope) -> None:
        """RCPT, DATA and the letter.

        :raises Undeliverable, TryLater, Unknown: see `scheduler.channel`
        """
        try:
            await self._name_recipient(envelope)
            protocol = await self._announce_letter()
            protocol.write(envelope.lines)
        except Failure as error:
            raise TryLater("disconnected", is_common=True) from error
        # From here on the final dot may have arrived.
        try:
            reply = await protocol.read_response(timeout=self._dot_patience)
        except Failure as error:
            raise Unknown(f"cut off after hand-over: {type(error).__name__}") from error
        if reply.code >= REFUSED:
            raise meaning(Step.LETTER, reply.code, reply.message)
        if reply.code != DONE:
            raise Unknown(f"smtp {reply.code} after hand-over")

    async def reset(self) -> None:
        """Ready for the next letter after a refusal, or closed."""
        try:
            await self._client.rset(timeout=self._patience)
        except Failure:
            self.close()

    async def leave(self) -> None:
        """Says goodbye."""
        with suppress(*Failure):
            await self._client.quit(timeout=GOODBYE_PATIENCE)
        self.close()

    def close(self) -> None:
        """Without a word."""
        self._client.close()

    async def _name_recipient(self, envelope: Envelope) -> None:
        reply = await self._say(b"RCPT", b"TO:" + envelope.recipient)
        if reply.code // 100 != 2:
            raise meaning(Step.RECIPIENT, reply.code, reply.message)

    async def _announce_letter(self) -> SMTPProtocol:
        reply = await self._say(b"DATA")
        if reply.code != READY:
            raise meaning(Step.LETTER, reply.code, reply.message)
        if self._client.protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("closed")
        return self._client.protocol

    def _options(self, envelope: Envelope) -> list[bytes]:
        options = []
        if envelope.is_utf8:
            if not self._client.supports_extension("smtputf8"):
                raise Undeliverable("refused", address_is_dead=False)
            options = [b"SMTPUTF8", b"BODY=8BITMIME"]
        if self._client.supports_extension("size"):
            options.append(b"SIZE=%d" % len(envelope.lines))
        return options

    async def _say(self, *words: bytes) -> aiosmtplib.SMTPResponse:
        return await self._client.execute_command(*words, timeout=self._patience)
