"""A folder of an IMAP server, read with the standard library's client in a thread.

Polling needs no more than that, and a letter is fetched only as far as it is read, whatever its size.
"""

import asyncio
import base64
import imaplib
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date
from typing import Any, TypeVar

from bot.channels.settings import MailboxSettings

LIMIT = 262_144  # bytes of a letter that are looked at: enough for every report and for what a person writes
PATIENCE = 15.0  # seconds for a reply
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Result = TypeVar("Result")


class MailboxAway(Exception):
    """The mailbox cannot be read now; the text says why."""


class Folder:
    """A selected folder; open one with `open_folder`."""

    def __init__(self, client: imaplib.IMAP4, validity: int, name: str) -> None:
        self._client = client
        self.validity = validity
        self.name = name  # user@host/folder

    async def find(self, *, after: int, since: date) -> list[int]:
        """UIDs beyond that one of letters that arrived on that day or later, in the order of their arrival."""
        wanted = f"{since.day}-{MONTHS[since.month - 1]}-{since.year}"
        found = await self._call(lambda: self._client.uid("SEARCH", f"UID {after + 1}:*", "SINCE", wanted))
        uids = {int(one) for line in found if isinstance(line, bytes) for one in line.split() if one.isdigit()}
        return sorted(uid for uid in uids if uid > after)  # "n:*" names the last letter even where it is before n

    async def fetch(self, uid: int) -> bytes | None:
        """The beginning of a letter, LIMIT bytes at the most; None: it is gone."""
        found = await self._call(lambda: self._client.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LIMIT}>)"))
        return next((bytes(line[1]) for line in found if isinstance(line, tuple)), None)

    async def mark_read(self, uid: int) -> None:
        """People who look into the folder see what is left for them."""
        await self._call(lambda: self._client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)"))

    async def _call(self, command: Callable[[], tuple[str, Any]]) -> list[Any]:
        def run() -> list[Any]:
            status, found = command()
            if status != "OK":
                raise MailboxAway(f"the server says {status}: {_shown(found)}")
            return list(found)

        return await _in_thread(run, lambda: _cut(self._client))


@asynccontextmanager
async def open_folder(settings: MailboxSettings, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Folder]:
    """The folder of the settings, connected, logged in and selected.

    :param tls: instead of the system's certificate authorities
    :raises MailboxAway: it cannot be
    """
    client = await _in_thread(lambda: _connect(settings, tls))
    try:
        validity = await _in_thread(lambda: _select(client, settings), lambda: _cut(client))
        yield Folder(client, validity, f"{settings.username}@{settings.host}/{settings.folder}")
    finally:
        await _in_thread(lambda: _leave(client))


def encode_folder(name: str) -> str:
    """A folder's name as IMAP writes it (modified UTF-7, RFC 3501, 5.1.3)."""

    def encode(found: re.Match[str]) -> str:
        written = base64.b64encode(found[0].encode("utf-16-be")).decode("ascii").rstrip("=")
        return f"&{written.replace('/', ',')}-"

    return re.sub("[^ -~]+", encode, name.replace("&", "&-"))


async def _in_thread(work: Callable[[], Result], give_up: Callable[[], None] = lambda: None) -> Result:
    try:
        return await asyncio.to_thread(work)
    except asyncio.CancelledError:
        give_up()  # the thread would wait for its reply
        raise
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise MailboxAway(str(error) or type(error).__name__) from error


def _connect(settings: MailboxSettings, tls: ssl.SSLContext | None) -> imaplib.IMAP4:
    context = tls or ssl.create_default_context()
    if settings.security == "tls":
        return imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=context, timeout=PATIENCE)
    client = imaplib.IMAP4(settings.host, settings.port, timeout=PATIENCE)
    if settings.security == "starttls":
        try:
            client.starttls(context)
        except BaseException:
            with suppress(OSError):  # a failed handshake has closed it
                client.shutdown()
            raise
    return client


def _select(client: imaplib.IMAP4, settings: MailboxSettings) -> int:
    """UIDVALIDITY of the folder."""
    if "AUTH=PLAIN" in client.capabilities:
        said = f"\0{settings.username}\0{settings.password}".encode()  # a name or password may be beyond ASCII
        client.authenticate("PLAIN", lambda _: said)
    else:
        client.login(settings.username, settings.password)
    quoted = encode_folder(settings.folder).replace("\\", "\\\\").replace('"', '\\"')
    status, found = client.select(f'"{quoted}"')
    if status != "OK":
        raise MailboxAway(f"there is no folder {settings.folder}: {_shown(found)}")
    [validity] = client.response("UIDVALIDITY")[1][-1:] or [None]
    if validity is None:
        raise MailboxAway("the server numbers no letters (UIDVALIDITY)")
    return int(validity)


def _leave(client: imaplib.IMAP4) -> None:
    with suppress(imaplib.IMAP4.error, OSError):
        client.logout()


def _cut(client: imaplib.IMAP4) -> None:
    with suppress(OSError):
        client.socket().shutdown(socket.SHUT_RDWR)


def _shown(found: Any) -> str:
    return " ".join(one.decode("utf-8", "replace") for one in found or () if isinstance(one, bytes))[:200]
