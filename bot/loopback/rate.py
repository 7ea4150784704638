"""The server's rate limit: so many messages in any second, then 429 until the pause it names is over."""

import math
import time
from collections import deque

from bot.loopback.refusals import too_many_requests


class Rate:
    def __init__(self, per_second: float | None, pause: int = 1) -> None:
        """`pause` is the `retry_after` in whole seconds; with `per_second` None nothing is limited."""
        self.refused = 0
        self._per_second = per_second
        self._pause = pause
        self._taken: deque[float] = deque()
        self._closed_until = 0.0

    def take(self) -> None:
        """:raises Refusal: 429; a call before the pause is over is refused as well"""
        if self._per_second is None:
            return
        now = time.monotonic()
        while self._taken and self._taken[0] <= now - 1:
            self._taken.popleft()
        if now >= self._closed_until and len(self._taken) >= self._per_second:
            self._closed_until = now + self._pause
        if now < self._closed_until:
            self.refused += 1
            raise too_many_requests(max(1, math.ceil(self._closed_until - now)))
        self._taken.append(now)
