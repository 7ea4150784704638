"""Waiting for a condition without polling: whoever changes something rings."""

import asyncio
from collections.abc import Callable


class Bell:
    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    async def wait_for(self, condition: Callable[[], object], seconds: float | None) -> bool:
        """True as soon as the condition holds, looked at now and at each ring; False after `seconds` (None: never)."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    await self._rung.wait()
        except TimeoutError:
            return False
        return True
