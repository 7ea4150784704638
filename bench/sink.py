"""A Bot API that takes every question and keeps none, in a process of its own: `python -m bench.sink`.

It speaks just enough HTTP to be faster than whoever measures against it, and answers as long a message as Telegram.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
ANSWER = json.dumps(
    {
        "ok": True,
        "result": {
            "message_id": 4711,
            "from": {"id": 42, "is_bot": True, "first_name": "Molva", "username": "molva_bot"},
            "chat": {"id": 1001, "first_name": "Anna", "type": "private"},
            "date": 1763467200,
            "text": "Здравствуйте! Спасибо, что выбрали нас.\nПосоветуете ли вы нас друзьям?\n\n0 — ни за что, 10 — да",
            "reply_markup": {
                "inline_keyboard": [
                    [{"text": str(n), "callback_data": f"s:AbCdEfGhIjKlMnOpQrStUv:{n}"} for n in numbers]
                    for numbers in (range(6), range(6, 11))
                ]
            },
        },
    },
    ensure_ascii=False,
).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(ANSWER)


class Sink(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self, latency: float) -> None:
        self._latency, self._heard = latency, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while (end := self._heard.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self._heard, 0, end)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._heard) < whole:
                return
            self._heard = self._heard[whole:]
            asyncio.get_running_loop().call_later(self._latency, self._answer)

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(HEAD + ANSWER)


@contextmanager
def open_sink(latency: float = 0.0) -> Iterator[str]:
    """Its URL.

    :param latency: seconds between a question and its answer
    """
    command = [sys.executable, "-m", "bench.sink", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


async def serve(latency: float) -> None:
    """Until it is killed; tells its port on stdout."""
    server = await asyncio.get_running_loop().create_server(lambda: Sink(latency), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
