"""A rate limit of the server: so many messages in any second, or minute, then 429 until the pause it names is over."""

import math
import time
from collections import deque

from bot.loopback.refusals import too_many_requests


class Rate:
    def __init__(self, most: float | None, pause: int = 1, *, within: float = 1.0) -> None:
        """`most` messages within so many seconds, None: any; `pause` is the `retry_after` in whole seconds."""
        self.refused = 0
        self._most, self._within = most, within
        self._pause = pause
        self._taken: deque[float] = deque()
        self._closed_until = 0.0

    def take(self) -> None:
        """:raises Refusal: 429; a call before the pause is over is refused as well"""
        if self._most is None:
            return
        now = time.monotonic()
        while self._taken and self._taken[0] <= now - self._within:
            self._taken.popleft()
        if now >= self._closed_until and len(self._taken) >= self._most:
            self._closed_until = now + self._pause
        if now < self._closed_until:
            self.refused += 1
            raise too_many_requests(max(1, math.ceil(self._closed_until - now)))
        self._taken.append(now)
