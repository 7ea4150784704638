"""Heavy reading beside the event loop: a generator that works in a thread, and no pauses for the collector."""

import asyncio
import gc
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

Item = TypeVar("Item")


@contextmanager
def paused_collector() -> Iterator[None]:
    """Reading makes millions of objects and no circles of them: the collector would search them in vain."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


async def in_thread(items: Iterator[Item]) -> AsyncGenerator[Item]:
    """The generator's items, made in a worker thread, one ahead of the item in use; it is closed at the end."""
    coming = asyncio.create_task(asyncio.to_thread(_next, items))
    try:
        while (item := await coming) is not None:
            coming = asyncio.create_task(asyncio.to_thread(_next, items))
            yield item
    finally:
        with suppress(Exception):  # what reading ahead met is nothing to somebody who stops
            await asyncio.shield(coming)
        if isinstance(items, Generator):
            items.close()


def _next(items: Iterator[Item]) -> Item | None:
    return next(items, None)
