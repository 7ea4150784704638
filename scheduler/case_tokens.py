"""Tokens of cases, for replies of customers who were never asked and so have no invitation whose token would do."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from storage.database import Connection
from storage.functions import is_token
from storage.keys import ensure_key, find_key

KEY = "cases"
NUMBER, SIGNATURE = 8, 8  # bytes: together a token of 22 signs, as an invitation's


async def make_case_token(connection: Connection, case_id: int) -> str:
    """The token of a case, always the same; nobody else can make it."""
    number = case_id.to_bytes(NUMBER, "big")
    return urlsafe_b64encode(number + _sign(await ensure_key(connection, KEY), number)).decode("ascii").rstrip("=")


async def read_case_token(connection: Connection, token: str) -> int | None:
    """The case's id; None where it is no case's token, or a forged one."""
    key = await find_key(connection, KEY)
    if key is None or not is_token(token):
        return None
    whole = urlsafe_b64decode(f"{token}==")
    number = whole[:NUMBER]
    return int.from_bytes(number, "big") if hmac.compare_digest(whole[NUMBER:], _sign(key, number)) else None


def _sign(key: str, number: bytes) -> bytes:
    return hmac.digest(key.encode(), number, "sha256")[:SIGNATURE]
