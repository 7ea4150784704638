"""The Bot API over aiohttp, by python-telegram-bot's own extension point: httpx is too slow for paid broadcasts."""

import asyncio
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.telegram.authorities import authorities

AGENT = {"User-Agent": BaseRequest.USER_AGENT}
FORM = {**AGENT, "Content-Type": "application/x-www-form-urlencoded"}

# Before a request can have left.
TOO_EARLY = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)


class NotSent(Exception):
    """The request surely has not left: nobody was reached."""


class AllBusy(Exception):
    """The request surely has not left: every connection was busy."""


class FastRequest(BaseRequest):
    """Made inside a running event loop; `shutdown` closes it."""

    def __init__(
        self, connections: int, *, proxy: str | None = None, connect_timeout: float = 5, read_timeout: float = 5,
        pool_timeout: float = 1, media_read_timeout: float = 20,
    ) -> None:  # fmt: skip
        """:param proxy: of HTTP, may hold name and password

        :raises ValueError: the proxy is none
        """
        self._proxy = _checked(proxy)
        self._connect, self._read, self._pool, self._media = (
            connect_timeout, read_timeout, pool_timeout, media_read_timeout,
        )  # fmt: skip
        self._places = asyncio.Semaphore(connections)
        connector = aiohttp.TCPConnector(limit=connections, ssl=authorities())
        self._session = aiohttp.ClientSession(connector=connector)

    @property
    def read_timeout(self) -> float:
        """Seconds."""
        return self._read

    async def initialize(self) -> None:
        """Nothing is left to do."""

    async def shutdown(self) -> None:
        """Closes every connection."""
        await self._session.close()

    async def do_request(  # noqa: PLR0917  as the library calls it
        self, url: str, method: str, request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE, write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE, pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:  # fmt: skip
        """(status, body). Patience for the answer includes the writing.

        :raises TimedOut, NetworkError: caused by `NotSent` or `AllBusy` where it surely has not left
        """
        has_files = request_data is not None and request_data.contains_files
        patience = aiohttp.ClientTimeout(
            connect=_chosen(connect_timeout, self._connect),
            sock_read=_chosen(read_timeout, self._media if has_files else self._read),
        )
        await self._take_place(_chosen(pool_timeout, self._pool))
        try:
            return await self._exchange(url, method, request_data, patience)
        # Some errors name the address, which holds the token: only their class is told.
        except TOO_EARLY as error:
            raise NetworkError(f"aiohttp.{type(error).__name__}") from NotSent(type(error).__name__)
        except TimeoutError as error:
            raise TimedOut from error
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"aiohttp.{type(error).__name__}") from error
        finally:
            self._places.release()

    async def _take_place(self, patience: float | None) -> None:
        try:
            async with asyncio.timeout(patience if self._places.locked() else None):
                await self._places.acquire()
        except TimeoutError:
            raise TimedOut("every connection is busy") from AllBusy()

    async def _exchange(
        self, url: str, method: str, data: RequestData | None, patience: aiohttp.ClientTimeout
    ) -> tuple[int, bytes]:
        has_files = data is not None and data.contains_files
        body = _as_multipart(data) if data and has_files else data.url_encoded_parameters() if data else None
        async with self._session.request(
            method, url, data=body, headers=AGENT if has_files else FORM, timeout=patience, proxy=self._proxy
        ) as answer:
            return answer.status, await answer.read()


def environment_proxy(url: str) -> str | None:
    """The proxy that the environment names for an address, as httpx would take it."""
    parts, proxies = urlsplit(url), getproxies()
    if parts.hostname is None or proxy_bypass(parts.hostname):
        return None
    return proxies.get(parts.scheme) or proxies.get("all")


def _as_multipart(data: RequestData) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return form


def _chosen(given: Any, default: float) -> float | None:
    if given is BaseRequest.DEFAULT_NONE:
        return default
    seconds: float | None = given
    return seconds


def _checked(proxy: str | None) -> str | None:
    if proxy is None:
        return None
    parts = urlsplit(proxy)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"Unknown scheme for proxy: {parts.scheme or proxy!r}")
    return proxy
