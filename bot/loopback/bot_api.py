"""A Telegram Bot API server of ours: real HTTP, Telegram's words, people who can be made to act."""

import json
import re
import secrets
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.loopback.call import Call, read_call
from bot.loopback.cut_off import CutOff
from bot.loopback.faults import Faults
from bot.loopback.methods import COUNTED, METHODS
from bot.loopback.people import People
from bot.loopback.rate import Rate
from bot.loopback.refusals import Refusal, bad_request, not_found, unauthorized
from bot.web.serving import HttpServer

_TOKEN = re.compile(r"\d+:[\w-]+")


class Refused(NamedTuple):
    """A call that was answered `ok: false`."""

    method: str
    chat_id: str | None
    status: int
    description: str
    at: datetime


class BotApiServer(Faults, People):
    """
    `async with BotApiServer() as api:` then `telegram.Bot(api.token, base_url=f"{api.url}/bot")`.

    `sent`, `answered` and `refused` hold what the bot did; `rate_per_second` makes the server answer 429 above it,
    `group_rate_per_minute` in each group and channel;
    `paid_broadcast` says that the bot may pay to go above it (others are refused when they ask for it).
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        username: str = "molva_loopback_bot",
        rate_per_second: float | None = None,
        group_rate_per_minute: float | None = None,
        paid_broadcast: bool = False,
    ) -> None:
        Faults.__init__(self)
        token = token or f"{secrets.randbelow(9 * 10**8) + 10**8}:{secrets.token_urlsafe(26)}"
        People.__init__(self, token, username, paid_broadcast)
        self.refused: list[Refused] = []
        self.calls: Counter[str] = Counter()
        """Calls received with the right token, by method as the bot wrote it, whatever the answer."""
        self.rate = Rate(rate_per_second)
        self._group_rates: defaultdict[str, Rate] = defaultdict(lambda: Rate(group_rate_per_minute, 30, within=60.0))
        self.app = Starlette(
            routes=[Route("/bot{token}/{method}", self._serve, methods=["GET", "POST"])],
            exception_handlers={HTTPException: _answer_http_error},
        )
        self._http = HttpServer(self.app, host, port)

    @property
    def url(self) -> str:
        return self._http.url

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.updates.close()
        if self.webhook:
            await self.webhook.stop()
        await self._http.__aexit__(*exc)

    async def _serve(self, request: Request) -> Response:
        method, call = request.path_params["method"], None
        try:
            self._check_token(request.path_params["token"])
            self.calls[method] += 1
            if method.lower() not in METHODS:
                raise not_found()
            call = await read_call(method, request)
            return await self._answer(call, request)
        except Refusal as refusal:
            if not await request.is_disconnected():
                self._note_refused(method, call, refusal)
            return JSONResponse(refusal.as_json(), refusal.status)
        except ClientDisconnect:
            return Response()

    def _note_refused(self, method: str, call: Call | None, refusal: Refusal) -> None:
        chat_id = call.text("chat_id") if call else None
        self.refused.append(Refused(method, chat_id, refusal.status, refusal.description, datetime.now(UTC)))

    def _check_token(self, token: str) -> None:
        if not _TOKEN.fullmatch(token):
            raise not_found()
        if token != self.token:
            raise unauthorized()

    async def _answer(self, call: Call, request: Request) -> Response:
        fault = self.take_fault(call.method, call.text("chat_id"))
        if fault and fault.refusal:
            raise fault.refusal
        content = b""
        if fault is None or fault.accepted:
            content = json.dumps({"ok": True, "result": await self._perform(call)}, ensure_ascii=False).encode()
        if fault:
            await self.bell.wait_for(lambda: self.updates.closed, fault.seconds)
        if fault and fault.cut:
            return CutOff(content, lambda: self._http.hang_up(request.scope["client"]))
        return Response(content, media_type="application/json")

    async def _perform(self, call: Call) -> Any:
        name = call.method.lower()
        if name in COUNTED and not (self.paid_broadcast and call.flag("allow_paid_broadcast")):
            self.rate.take()
        if name in COUNTED and not (call.text("chat_id") or "").isdecimal():
            self._group_rates[str(self.find_chat(call).id)].take()
        return await METHODS[name](self, call)


async def _answer_http_error(request: Request, error: Exception) -> Response:
    """Starlette's own errors in the Bot API's shape: a path or verb it doesn't know, a form it can't read."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    refusal = bad_request(str(getattr(error, "detail", ""))) if status == 400 else not_found()
    return JSONResponse(refusal.as_json(), refusal.status)
