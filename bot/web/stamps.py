"""Time stamps in forms: when a page was sent, signed, so that its answer tells how long it was looked at."""

import hmac
import secrets
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# A page that outlives the process comes back with a stamp that nobody can read: as good as none.
_key = secrets.token_bytes(32)


def make_stamp(subject: str, now: datetime, key: bytes = _key) -> str:
    """Of a page about a subject, to be sent back with its form.

    :param key: one that outlives the process, where the stamp must
    """
    moment = format((now - EPOCH) // timedelta(milliseconds=1), "x")
    return f"{moment}.{_sign(subject, moment, key)}"


def read_stamp(subject: str, stamp: str, key: bytes = _key) -> datetime | None:
    """When the page was sent; None where the stamp is missing, another page's or forged."""
    moment, _, signature = stamp.partition(".")
    if not hmac.compare_digest(_sign(subject, moment, key).encode(), signature.encode()):
        return None
    return EPOCH + timedelta(milliseconds=int(moment, 16))


def _sign(subject: str, moment: str, key: bytes) -> str:
    return hmac.new(key, f"{subject}\n{moment}".encode(), "sha256").hexdigest()[:32]
