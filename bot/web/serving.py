"""An ASGI application served over HTTP inside the running event loop."""

import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Self

import uvicorn

from bot.web.patience import patient

HEAD_WITHIN = 20.0  # seconds

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class HttpServer:
    """`async with HttpServer(app) as server: server.url`; port 0 takes a free one.

    :raises OSError: the address is taken or not this machine's
    """

    def __init__(
        self, app: Application, host: str = "127.0.0.1", port: int = 0, *, head_within: float = HEAD_WITHIN
    ) -> None:
        """:param head_within: seconds that a client may take over the head of a request"""
        self._address = (host, port)
        # uvicorn's own serve() takes over the signals of the process and kills it after the stop; startup() and
        # shutdown() alone leave them where they are.
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=patient(head_within),
                proxy_headers=False,  # who may say where a request comes from is the application's to know
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._socket: socket.socket | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        self._socket = socket.create_server(self._address, family=family, backlog=1024)
        # asyncio sets it only where a socket names its protocol, which this one doesn't. Without it the second part of
        # an answer waits for the client to confirm the first, which clients put off for 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host, port = self._socket.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        config = self._server.config
        config.load()
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup(sockets=[self._socket])
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._socket is not None and self._server.server_state.tasks:
            await self._server.shutdown(sockets=[self._socket])
        elif self._socket is not None:  # nothing to wait for; uvicorn would sleep for a tenth of a second
            for server in self._server.servers:
                server.close()
            self._socket.close()
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()

    def connections(self) -> list[socket.socket]:
        """The sockets of those who are connected."""
        return [one.transport.get_extra_info("socket") for one in self._server.server_state.connections]

    def hang_up(self, client: tuple[str, int]) -> None:
        """Closes that client's connection once what was written to it has gone out."""
        for connection in list(self._server.server_state.connections):
            if connection.transport.get_extra_info("peername")[:2] == tuple(client):
                connection.transport.close()
