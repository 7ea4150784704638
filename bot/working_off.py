"""A loop that works off what waits: woken when something comes, never ended by what fails."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

LOOK_AGAIN = 1.0  # seconds: how long work that nobody woke us for, or that was put off, waits at most
LONGEST_PAUSE = 30.0  # seconds, while the database is away

log = logging.getLogger(__name__)


async def keep_working(
    work_off: Callable[[datetime], Awaitable[int]],
    wanted: asyncio.Event,
    queued: Callable[[], object],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    *,
    look_again: float = LOOK_AGAIN,
) -> None:
    """Until cancelled.

    :param work_off: does everything that is due at a moment; how much it was
    :param wanted: set when there may be something to do
    :param queued: called when something was done: messages may wait in the outbox
    :param look_again: seconds between two looks where nobody woke us
    """
    failures = 0
    while True:
        wanted.clear()
        try:
            if await work_off(clock()):
                queued()
            failures = 0
        except Exception:  # the database is away: the work is safe there, the loop must live
            failures += 1
            log.exception("what waits could not be worked off, trying again")
            await asyncio.sleep(min(2.0**failures, LONGEST_PAUSE))
            continue
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(look_again):
                await wanted.wait()
