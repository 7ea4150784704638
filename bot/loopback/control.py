"""The far side driven over HTTP: what `api` and `mail` do in process, as `POST /control/VERB` with JSON arguments."""

import base64
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.loopback.bot_api import BotApiServer
from bot.loopback.mail_server import MailServer

_API_VERBS = (
    "add_user", "add_group", "add_channel", "write", "share_contact", "share_person", "forward", "tap",
    "expire_queries", "push", "block",
    "unblock", "mute", "deactivate", "migrate", "fail", "hang", "cut", "heal", "current_text", "current_keyboard",
)  # fmt: skip
_MAIL_VERBS = (
    "accept_all", "refuse", "refuse_all", "refuse_data", "refuse_connections", "greylist", "limit_connection",
    "drop_after_data", "drop_before_data", "drop_within_data", "slow",
)  # fmt: skip


def control_routes(api: BotApiServer, mail: MailServer) -> list[Route]:
    """`GET /control/{sent,answered,refused,calls,updates,mail}`, `POST /control/VERB` and `/control/mail/VERB`."""
    lists: dict[str, Callable[[], Any]] = {
        "sent": lambda: api.sent,
        "answered": lambda: api.answered,
        "refused": lambda: [refused._asdict() for refused in api.refused],
        "calls": lambda: dict(api.calls),
        "updates": lambda: api.updates.waiting,
        "mail": lambda: mail.letters,
    }
    return [
        *(Route(f"/control/{name}", _show(read), methods=["GET"]) for name, read in lists.items()),
        *(Route(f"/control/{verb}", _act(getattr(api, verb)), methods=["POST"]) for verb in _API_VERBS),
        *(Route(f"/control/mail/{verb}", _act(getattr(mail, verb)), methods=["POST"]) for verb in _MAIL_VERBS),
    ]


def _show(read: Callable[[], Any]) -> Callable[[Request], Awaitable[Response]]:
    async def show(request: Request) -> Response:
        """`?from=N` leaves the first N of a list out."""
        values = read()
        start = int(request.query_params.get("from", "0"))
        return JSONResponse(_plain(values[start:] if isinstance(values, list) else values))

    return show


def _act(verb: Callable[..., Any]) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        try:
            arguments = await request.json() if await request.body() else {}
            result = verb(**arguments)
        except (TypeError, ValueError, KeyError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
        return JSONResponse({"result": _plain(result)})

    return act


def _plain(value: Any) -> Any:
    """As JSON can say it: bytes in base64, times in ISO 8601."""
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {name: _plain(content) for name, content in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [_plain(content) for content in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if value is None or isinstance(value, str | int | float) else value.isoformat()
