"""A line in the log for every batch, and what it taught."""

import asyncio
import logging
from collections.abc import Sequence

from scheduler.asking.leasing import Leased
from scheduler.asking.shift import NOTHING, Tally
from scheduler.channel import Channel
from scheduler.events import log_event

log = logging.getLogger(__name__)


class BatchLog:
    """What is told of a batch, once the next one has come or everything is over."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._rows, self._done, self._started = list[Leased](), NOTHING, _seconds()

    def begin(self, rows: Sequence[Leased]) -> None:
        """A batch has come."""
        self._rows, self._done, self._started = [*rows], NOTHING, _seconds()

    def count(self, done: Tally) -> None:
        """What became of some, of whichever batch."""
        self._done += done

    def close(self) -> tuple[int, float, Tally]:
        """(handed over, in how many seconds, what became of all since the batch before)."""
        done, seconds = self._done, _seconds() - self._started
        log_event(
            log,
            "batch",
            channel=self._channel.name,
            campaign=", ".join(sorted({row.campaign for row in self._rows})),
            leased=len(self._rows),
            sent=done.sent,
            deferred=done.deferred,
            undeliverable=done.undeliverable,
            unknown=done.unknown,
            seconds=round(seconds, 3),
            rate=round(done.sent / seconds, 1) if seconds else None,
        )
        return done.sent + done.undeliverable + done.unknown, seconds, done


def _seconds() -> float:
    return asyncio.get_running_loop().time()
