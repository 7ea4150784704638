"""How often one address, and one token, may ask for pages; who asks more is told when to come back."""

import ipaddress
import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import sha256

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.web.settings import WebSettings

Refusal = Callable[[Request, int], Response]  # of a request, with the seconds to wait


@dataclass(frozen=True)
class Bucket:
    """What is counted together."""

    limit: RateLimitItem
    name: str
    key: str


class Limiter:
    """ASGI middleware: counts in this process, which is the one that serves pages."""

    def __init__(
        self, app: ASGIApp, *, web: WebSettings, exempt: Collection[str], shared: Collection[str], refuse: Refusal
    ) -> None:
        """
        :param exempt: paths for machines: Telegram, a watchdog
        :param shared: paths that are no link of one person's
        """
        self._app, self._exempt, self._shared, self._refuse = app, exempt, shared, refuse
        self._counter = FixedWindowRateLimiter(MemoryStorage())
        self._by_address, self._by_token = read_limits(web.address_limit), read_limits(web.token_limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in self._exempt:
            request = Request(scope)
            wait = await self._seconds_to_wait(request)
            if wait:
                await self._refuse(request, wait)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _seconds_to_wait(self, request: Request) -> int:
        """0: it may pass."""
        for bucket in self._buckets(request):
            if not await self._counter.hit(bucket.limit, bucket.name, bucket.key):
                stats = await self._counter.get_window_stats(bucket.limit, bucket.name, bucket.key)
                return max(1, math.ceil(stats.reset_time - time.time()))
        return 0

    def _buckets(self, request: Request) -> list[Bucket]:
        buckets = [Bucket(limit, "address", address_key(request)) for limit in self._by_address]
        # Visits store nothing, and a scanner's must not use up those of the person whose link it is.
        if request.method == "POST" and request.url.path not in self._shared:
            token = request.url.path.rpartition("/")[2][:64]
            buckets += [Bucket(limit, "token", token) for limit in self._by_token]
        return buckets


class Tally:
    """How often each key has done something of which it may do so much."""

    def __init__(self, limit: str) -> None:
        """:param limit: as `read_limits`"""
        self._limits, self._counter = read_limits(limit), FixedWindowRateLimiter(MemoryStorage())

    async def take(self, key: str) -> bool:
        """Counts once more; False: that was too often."""
        short = sha256(key.encode("utf-8", "replace")).hexdigest()  # a stranger's key may be as long as a form
        taken = [await self._counter.hit(limit, short) for limit in self._limits]
        return all(taken)


def read_limits(said: str) -> list[RateLimitItem]:
    """Limits as "100/minute; 1000/hour"; "" is none.

    :raises ValueError: it is written otherwise
    """
    return parse_many(said) if said.strip() else []


def address_key(request: Request) -> str:
    """Who asks: an IPv4 address, or the network of an IPv6 address, of which one household has 2**64."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 64), strict=False))
        return str(address.ipv4_mapped)
    return str(address)
