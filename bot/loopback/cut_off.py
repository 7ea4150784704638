"""An answer whose connection is closed before it is whole."""

from collections.abc import Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class CutOff(Response):
    """Half of the content goes out under its full length; of empty content nothing, not even a status."""

    def __init__(self, content: bytes, hang_up: Callable[[], None]) -> None:
        super().__init__(content, media_type="application/json")
        self._hang_up = hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.body:
            half = bytes(self.body[: len(self.body) // 2])
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": half, "more_body": True})
        self._hang_up()
        while (await receive())["type"] != "http.disconnect":
            pass
