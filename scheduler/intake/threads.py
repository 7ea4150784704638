"""A generator that works in a thread while the event loop goes on."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import suppress
from typing import TypeVar

Item = TypeVar("Item")


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
