"""A generator that works in a thread while the event loop goes on."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import suppress
from typing import TypeVar

Item = TypeVar("Item")


async def in_thread(items: Iterator[Item]) -> AsyncGenerator[Item]:
    """The generator's items, each made in a worker thread, one after the other; it is closed at the end."""
    try:
        while True:
            item = await asyncio.to_thread(_next, items)
            if item is None:
                return
            yield item
    finally:
        # Where we were cancelled the thread may still be inside: it finishes its item and is never asked again.
        with suppress(ValueError):
            if isinstance(items, Generator):
                items.close()


def _next(items: Iterator[Item]) -> Item | None:
    return next(items, None)
