"""Where the time goes: the stack of every thread, looked at again and again, and put to the part that it is in."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

EVERY = 0.002  # seconds
IDLE = ("selectors.py", "threading.py", "queue.py", "concurrent/futures/thread.py")


@contextmanager
def watch(parts: Mapping[str, str]) -> Iterator[Counter[str]]:
    """How often which part was at work until the block ends; a thread that waits for work is at none.

    :param parts: {a piece of a file's path: the part}; of a stack the innermost frame that is known counts
    """
    found: Counter[str] = Counter()
    stop = threading.Event()
    watcher = threading.Thread(target=_look, args=(parts, found, stop))
    watcher.start()
    try:
        yield found
    finally:
        stop.set()
        watcher.join()


def shares(found: Counter[str]) -> str:
    """The parts in per cent, the largest first."""
    total = found.total() or 1
    return ", ".join(f"{part} {100 * count / total:.0f} %" for part, count in found.most_common())


def _look(parts: Mapping[str, str], found: Counter[str], stop: threading.Event) -> None:
    me = threading.get_ident()
    while not stop.is_set():
        time.sleep(EVERY)
        for thread, frame in sys._current_frames().items():
            if thread != me and not frame.f_code.co_filename.endswith(IDLE):
                found[_part(frame, parts)] += 1


def _part(frame: FrameType | None, parts: Mapping[str, str]) -> str:
    while frame is not None:
        for piece, part in parts.items():
            if piece in frame.f_code.co_filename:
                return part
        frame = frame.f_back
    return "the rest"
