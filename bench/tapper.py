"""Telegram as a webhook sees it, in a process of its own: `python -m bench.tapper URL FILE`.

Posts every line of the file over forty connections, as many as Telegram opens, once it reads a line from stdin.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

from bench.taps_shop import SECRET
from bot.web.webhook import SECRET_HEADER

CONNECTIONS = 40


class Poster(asyncio.Protocol):
    """One connection; the next post goes out when the one before it was answered."""

    def __init__(self, posts: Iterator[bytes], done: asyncio.Future[None]) -> None:
        self._posts, self._done = posts, done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._post()

    def data_received(self, data: bytes) -> None:
        if not data.startswith(b"HTTP/1.1 200"):
            self._done.set_exception(RuntimeError(data[:200].decode()))
        elif data.endswith(b"\r\n\r\n"):  # answers have no body
            self._post()

    def _post(self) -> None:
        post = next(self._posts, None)
        if post is not None:
            self._transport.write(post)
        else:
            self._transport.close()
            self._done.set_result(None)


@contextmanager
def open_tapper(url: str, file: Path) -> Iterator["subprocess.Popen[str]"]:
    """A client that waits for a line."""
    command = [sys.executable, "-m", "bench.tapper", url, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.terminate()


async def post_all(url: str, file: Path) -> float:
    """Seconds until the last one was answered."""
    where = urlsplit(url)
    host, port = where.hostname or "", where.port or 80
    head = f"POST {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\n{SECRET_HEADER}: {SECRET}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: "
    lines = file.read_bytes().splitlines()
    posts = iter([f"{head}{len(line)}\r\n\r\n".encode() + line for line in lines])
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    loop, start = asyncio.get_running_loop(), perf_counter()
    ends = [loop.create_future() for _ in range(CONNECTIONS)]
    for end in ends:
        await loop.create_connection(partial(Poster, posts, end), host, port)
    await asyncio.gather(*ends)
    return perf_counter() - start


if __name__ == "__main__":
    print(asyncio.run(post_all(sys.argv[1], Path(sys.argv[2]))), flush=True)
