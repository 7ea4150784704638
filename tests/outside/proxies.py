"""Real proxies, small: HTTP (forwarding and CONNECT, with a password at will), SOCKS5; and a front that speaks TLS."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

CERTIFICATE = Path(__file__).parents[1] / "data" / "loopback_mail.pem"  # of 127.0.0.1, with its key

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Handler = Callable[[Reader, Writer], Awaitable[None]]


@dataclass
class Proxy:
    """What came through: `CONNECT host:port`, `POST http://…`, `SOCKS host:port`; and what was turned away."""

    login: str = ""  # "name:password"; empty: anybody may
    port: int = 0
    seen: list[str] = field(default_factory=list)
    refused: int = 0

    async def serve_http(self, reader: Reader, writer: Writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        wanted = f"proxy-authorization: Basic {base64.b64encode(self.login.encode()).decode()}"
        if self.login and wanted.lower() not in [line.lower() for line in lines]:
            self.refused += 1
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        method, target, _version = first.split(" ")
        if method == "CONNECT":
            self.seen.append(f"CONNECT {target}")
            host, _colon, port = target.rpartition(":")
            there = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            parts = urlsplit(target)
            self.seen.append(f"{method} {parts.scheme}://{parts.netloc}")
            there = await asyncio.open_connection(parts.hostname, parts.port)
            kept = [line for line in lines if not line.lower().startswith(("proxy-", "connection:"))]
            path = f"{method} {parts.path} HTTP/1.1"
            there[1].write("\r\n".join([path, *kept, "Connection: close", "", ""]).encode("latin-1"))
        await _join((reader, writer), there)

    async def serve_socks(self, reader: Reader, writer: Writer) -> None:
        _version, count = await reader.readexactly(2)
        await reader.readexactly(count)
        writer.write(b"\x05\x00")
        *_head, kind = await reader.readexactly(4)
        length = 4 if kind == 1 else (await reader.readexactly(1))[0]
        address = await reader.readexactly(length)
        host = ".".join(map(str, address)) if kind == 1 else address.decode()
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.seen.append(f"SOCKS {host}:{port}")
        there = await asyncio.open_connection(host, port)
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        await _join((reader, writer), there)


@asynccontextmanager
async def run_proxy(kind: str, login: str = "") -> AsyncIterator[Proxy]:
    """`http` or `socks5`, on a free port."""
    proxy = Proxy(login=login)
    async with _serving(proxy.serve_socks if kind == "socks5" else proxy.serve_http) as port:
        proxy.port = port
        yield proxy


@asynccontextmanager
async def speak_tls(port: int) -> AsyncIterator[int]:
    """A port on which the server behind another one speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)

    async def pass_on(reader: Reader, writer: Writer) -> None:
        await _join((reader, writer), await asyncio.open_connection("127.0.0.1", port))

    async with _serving(pass_on, context) as front:
        yield front


@asynccontextmanager
async def _serving(handle: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    at_work: set[asyncio.Task[None] | None] = set()

    async def guarded(reader: Reader, writer: Writer) -> None:
        at_work.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await handle(reader, writer)
        writer.close()
        at_work.discard(asyncio.current_task())

    server = await asyncio.start_server(guarded, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        left = [task for task in at_work if task is not None]
        for task in left:
            task.cancel()
        await asyncio.gather(*left)


async def _join(one: tuple[Reader, Writer], other: tuple[Reader, Writer]) -> None:
    try:
        await asyncio.gather(_pump(one[0], other[1]), _pump(other[0], one[1]))
    except asyncio.CancelledError:  # the proxy ends first
        for _reader, writer in (one, other):
            writer.transport.abort()
        raise


async def _pump(reader: Reader, writer: Writer) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()
