"""`GET /healthz`: alive, and if not, why not."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Health = Callable[[], Awaitable[dict[str, str]]]  # part → "" where it is well, else what is wrong


def health_page(health: Health) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint: 200 where every part is well, 503 otherwise, each part with its word."""

    async def answer(_request: Request) -> Response:
        parts = await health()
        well = not any(parts.values())
        body = {"status": "ok" if well else "failing", "parts": {name: wrong or "ok" for name, wrong in parts.items()}}
        return JSONResponse(body, status_code=200 if well else 503, headers={"Cache-Control": "no-store"})

    return answer
