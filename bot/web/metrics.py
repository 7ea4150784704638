"""`GET /metrics`: the work's and the process's figures, for those who may see them."""

import hmac
import ipaddress
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.pulse import StepRuns
from bot.web.exposition import Exposition, process_registry
from bot.web.settings import WebSettings
from scheduler.figures.gauges import GaugeReader, Reading

FORWARDED = (  # what proxies add: behind one, everybody's connection comes from near by
    "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via", "cf-connecting-ip",
    "true-client-ip",
)  # fmt: skip
PRIVATE = "These figures are for this machine and its network. To read them from elsewhere, set web.metrics_token.\n"
TOKEN_WANTED = "These figures want the token of web.metrics_token: Authorization: Bearer TOKEN.\n"

log = logging.getLogger(__name__)


class MetricsPage:
    """The endpoint."""

    def __init__(
        self, gauges: GaugeReader, steps: Mapping[str, StepRuns], web: WebSettings, now: Callable[[], datetime]
    ) -> None:
        """:param steps: as `bot.pulse` keeps them"""
        self._gauges, self._steps, self._web, self._now = gauges, steps, web, now
        self._process = process_registry()

    async def get(self, request: Request) -> Response:
        """Prometheus's text, or OpenMetrics where that is asked for; 401 or 403 for others."""
        refusal = self._refuse(request)
        if refusal is not None:
            return refusal
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        body = encode(Exposition(self._process, self._steps, await self._read()))
        return Response(body, headers={"Content-Type": media_type, "Cache-Control": "no-store"})

    async def _read(self) -> Reading | None:
        try:
            return await self._gauges.read(self._now())
        except Exception:  # without a database the rest is worth the more
            log.exception("the figures could not be read")
            return None

    def _refuse(self, request: Request) -> Response | None:
        if self._web.metrics_token:
            given = request.headers.get("authorization", "")
            wanted = f"Bearer {self._web.metrics_token}"
            if hmac.compare_digest(given.encode(), wanted.encode()):
                return None
            return PlainTextResponse(TOKEN_WANTED, status_code=401, headers={"WWW-Authenticate": "Bearer"})
        return None if self._is_near(request) else PlainTextResponse(PRIVATE, status_code=403)

    def _is_near(self, request: Request) -> bool:
        if any(name in request.headers for name in FORWARDED) or self._comes_by_public_name(request):
            return False
        return request.client is not None and _is_private(request.client.host)

    def _comes_by_public_name(self, request: Request) -> bool:
        # We speak plain HTTP: whoever came by an https name came through a proxy, even one that adds no header.
        public = urlsplit(self._web.base)
        return public.scheme == "https" and request.url.hostname == public.hostname


def _is_private(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = mapped or address
    return address.is_loopback or address.is_private or address.is_link_local
