"""The channels of a run beside each other: who has nothing to do stands by until nobody is at work any more."""

import asyncio
from collections.abc import Iterable


class StandBy:
    """Who is at work; once nobody is, it is over for all of them."""

    def __init__(self, names: Iterable[str], stopping: asyncio.Event) -> None:
        """:param names: of the channels that are at work from the beginning
        :param stopping: once set, nobody rests any longer
        """
        self._at_work = set(names)
        self._stopping = stopping
        self._over = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Nobody is at work any more, and nobody begins anything."""
        return self._over.is_set()

    def join(self, name: str) -> None:
        """A channel is at work: the others wait for what may come for them meanwhile."""
        self._at_work.add(name)

    def leave(self, name: str) -> None:
        """Nobody waits for this channel."""
        self._at_work.discard(name)
        if not self._at_work:
            self._over.set()

    async def rest(self, name: str, seconds: float) -> None:
        """Leaves, for so long at most, and comes back at once where it is over."""
        self.leave(name)
        await pause(seconds, self._over, self._stopping)


async def pause(seconds: float, *events: asyncio.Event) -> None:
    """Until one of the events, for so long at most."""
    waits = [asyncio.create_task(one.wait()) for one in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
