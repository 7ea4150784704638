"""Stamps in forms: that a page of ours was sent, and when, signed; a form without one was made up by a program."""

import hmac
from datetime import UTC, datetime, timedelta

from storage.database import Database
from storage.keys import ensure_key, find_key

KEY = "visits"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Stamps:
    """Signed with a key of the database: a page outlives a restart, and every process takes its form."""

    def __init__(self, database: Database) -> None:
        self._database, self._known_key = database, b""

    async def make(self, subject: str, now: datetime) -> str:
        """Of a page about a subject, to be sent back with its form."""
        moment = format((now - EPOCH) // timedelta(milliseconds=1), "x")
        return f"{moment}.{_sign(subject, moment, await self._key())}"

    async def read(self, subject: str, stamp: str) -> datetime | None:
        """When the page was sent; None where the stamp is missing, another page's or forged."""
        moment, _, signature = stamp.partition(".")
        right = _sign(subject, moment, await self._key())
        if not hmac.compare_digest(right.encode(), signature.encode("utf-8", "replace")):
            return None
        return EPOCH + timedelta(milliseconds=int(moment, 16))

    async def _key(self) -> bytes:
        """Read once, and written only where nobody has yet: a page is shown on a full disk too."""
        if not self._known_key:
            async with self._database.read() as connection:
                key = await find_key(connection, KEY)
            if key is None:
                key = await self._database.write(lambda connection: ensure_key(connection, KEY))
            self._known_key = key.encode()
        return self._known_key


def _sign(subject: str, moment: str, key: bytes) -> str:
    return hmac.new(key, f"{subject}\n{moment}".encode(), "sha256").hexdigest()[:32]
