"""Updates posted to the bot's own address, each again and again until it is answered 2xx."""

import asyncio
import json
import time
from urllib.parse import urlsplit

from bot.loopback.bell import Bell
from bot.loopback.shapes import Json
from bot.loopback.updates import UpdateQueue

PATIENCE = 60
"""Seconds that Telegram waits for an answer."""
LONGEST_PAUSE = 60


class Webhook:
    """Posts one update after another, in their order (Telegram may post several at once)."""

    def __init__(
        self, url: str, secret_token: str | None, first_pause: float, updates: UpdateQueue, bell: Bell
    ) -> None:
        """`first_pause` in seconds before the second try; each further one is twice as long."""
        self.url = url
        self.last_error: tuple[int, str] | None = None
        """(Unix seconds, words) of the latest failure."""
        self._secret_token = secret_token
        self._first_pause = first_pause
        self._updates = updates
        self._bell = bell
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._deliver_all())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _deliver_all(self) -> None:
        while True:
            await self._bell.wait_for(lambda: self._updates.waiting, seconds=None)
            update = self._updates.waiting[0]
            await self._deliver(update)
            self._updates.forget(update)

    async def _deliver(self, update: Json) -> None:
        pause = self._first_pause
        while not await self._post(update):
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _post(self, update: Json) -> bool:
        """True when it was answered 2xx."""
        try:
            async with asyncio.timeout(PATIENCE):
                status = await self._exchange(json.dumps(update).encode())
        except TimeoutError:
            return self._note("Read timeout expired")
        except OSError as error:
            return self._note(error.strerror or str(error))
        code = status.partition(" ")[2]
        return code.startswith("2") or self._note(f"Wrong response from the webhook: {code or 'no answer'}")

    async def _exchange(self, body: bytes) -> str:
        """The status line of the answer; empty where the connection was closed without one."""
        parts = urlsplit(self.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        secret = f"X-Telegram-Bot-Api-Secret-Token: {self._secret_token}\r\n" if self._secret_token else ""
        head = f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n{secret}"
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
        try:
            writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
            return (await reader.readline()).decode("latin-1").strip()
        finally:
            writer.close()

    def _note(self, words: str) -> bool:
        self.last_error = (int(time.time()), words)
        self._bell.ring()
        return False
