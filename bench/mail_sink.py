"""A mail server that takes every letter and keeps none, in a process of its own.

postfix's `smtp-sink` where it is installed, which takes the least of the machine from whoever measures; else our own:
`python -m bench.mail_sink`.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

SYSTEM = "/usr/sbin"  # where Debian puts postfix's tools, and not everybody's PATH leads
PATIENCE = 10.0  # seconds until it listens
GREETING = b"220 sink ESMTP\r\n"
REPLIES = {b"EHLO": b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
OK = b"250 ok\r\n"
END = b"\r\n.\r\n"


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._heard, self._in_letter = b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while self._take_letter() if self._in_letter else self._take_command():
            pass

    def _take_command(self) -> bool:
        line, end, rest = self._heard.partition(b"\r\n")
        if not end:
            return False
        self._heard, word = rest, line[:4].upper()
        self._in_letter = word == b"DATA"
        self._transport.write(REPLIES.get(word, OK))
        return True

    def _take_letter(self) -> bool:
        _, end, rest = self._heard.partition(END)
        if not end:
            return False
        self._heard, self._in_letter = rest, False
        self._transport.write(OK)
        return True


def tool(name: str) -> str | None:
    """Where one of postfix's tools is; None: it is not installed."""
    return shutil.which(name) or shutil.which(name, path=SYSTEM)


@contextmanager
def open_mail_sink() -> Iterator[tuple[str, int]]:
    """(what kind of sink it is, its port on loopback)."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    binary = tool("smtp-sink")
    command = [sys.executable, "-m", "bench.mail_sink", str(port)]
    if binary:
        user = ["-u", "nobody"] if sys.platform != "win32" and os.geteuid() == 0 else []
        command = [binary, *user, f"127.0.0.1:{port}", "500"]
    with subprocess.Popen(command) as process:
        try:
            _wait_for(port)
            yield "smtp-sink" if binary else "our sink", port
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


async def serve(port: int) -> None:
    """Until it is killed."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
