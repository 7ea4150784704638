"""One call of a Bot API method, read from a query string, a JSON body, a form or a multipart upload."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Message

from bot.loopback.refusals import bad_request, too_large

# Telegram takes photos of 10 MB; the rest is room for the other fields.
BODY_LIMIT = 12 * 1024 * 1024


@dataclass(frozen=True)
class Call:
    method: str
    parameters: Mapping[str, Any]
    files: Mapping[str, bytes]

    def text(self, name: str) -> str | None:
        value = self.parameters.get(name)
        return value if value is None or isinstance(value, str) else json.dumps(value)

    def integer(self, name: str) -> int | None:
        value = self.parameters.get(name)
        try:
            return None if value in (None, "") else int(str(value))
        except ValueError:
            raise bad_request(f"invalid {name} specified") from None

    def value(self, name: str) -> Any:
        """A nested value: as it stands in a JSON body, decoded where a form carries it as text; None if absent."""
        value = self.parameters.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise bad_request(f"can't parse {name} JSON object") from None

    def flag(self, name: str) -> bool:
        return str(self.parameters.get(name, "")).lower() in ("true", "1", "yes")


async def read_call(method: str, request: Request) -> Call:
    """:raises Refusal: the body is above BODY_LIMIT or can't be read"""
    bounded = Request(request.scope, _Bounded(request, BODY_LIMIT).receive)
    parameters: dict[str, Any] = dict(request.query_params)
    files: dict[str, bytes] = {}
    if request.headers.get("content-type", "").startswith("application/json"):
        parameters |= _decode_object(await bounded.body())
    else:
        await _read_form(bounded, parameters, files)
    return Call(method, parameters, files)


async def _read_form(request: Request, parameters: dict[str, Any], files: dict[str, bytes]) -> None:
    async with request.form(max_files=10, max_fields=100, max_part_size=BODY_LIMIT) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = await value.read()
            else:
                parameters[name] = value


def _decode_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise bad_request("can't parse JSON object")
    return value


class _Bounded:
    """Counts what comes in, whatever the declared length says."""

    def __init__(self, request: Request, limit: int) -> None:
        self._request = request
        self._left = limit

    async def receive(self) -> Message:
        message = await self._request.receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise too_large()
        return message
