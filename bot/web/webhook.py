"""Where Telegram posts updates: the secret is checked, the update stored and committed, then confirmed by a 200."""

import hmac
import json
from collections.abc import Callable
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.telegram.gathering import Gathering
from bot.telegram.receiving import readable
from bot.web.forms import read_body
from storage.database import Database

PATH = "/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
MOST_BODY = 1024 * 1024  # bytes: an update has a few thousand


class Webhook:
    """`{public_url}/telegram`."""

    def __init__(
        self, database: Database, secret: str, arrived: Callable[[], object], now: Callable[[], datetime]
    ) -> None:
        """:param arrived: called when an update was stored"""
        self._gathering, self._secret, self._arrived, self._now = Gathering(database), secret.encode(), arrived, now

    async def post(self, request: Request) -> Response:
        """Stores one update; 200 only once it is safe, because Telegram forgets it then."""
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, self._secret):
            return Response(status_code=403)
        received = readable([await _read_json(request)])
        if received:
            await self._gathering.store(received, self._now())
            self._arrived()
        return Response()


async def _read_json(request: Request) -> object:
    try:
        return json.loads(await read_body(request, MOST_BODY))
    except (ValueError, RecursionError) as error:
        raise HTTPException(400) from error
