"""Stopping on SIGINT and SIGTERM, on every operating system."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_on_signal() -> Iterator[asyncio.Event]:
    """An event that is set by SIGINT or SIGTERM; the handlers of before stand again afterwards.

    `signal.signal` rather than the loop's own: Windows has no `add_signal_handler`.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # Python hands signals to the main thread only
        return

    def request_stop(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)

    before = {number: signal.signal(number, request_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
