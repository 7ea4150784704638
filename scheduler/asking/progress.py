"""How far a run of sending is, told while it goes on."""

from collections.abc import Callable

from scheduler.asking.shift import Shift, Tally
from storage.queue import count_waiting

OnProgress = Callable[[int, int], object]  # (deliveries dealt with, all that there were to deal with)


class Meter:
    """Counts once what is due, then adds up what became of it; costs nothing where nobody looks."""

    def __init__(self, tell: OnProgress | None) -> None:
        self._tell = tell
        self._done, self._total = 0, 0
        self._has_begun = False

    async def begin(self, shift: Shift) -> None:
        """Counts what is due and may go; only the first time."""
        if self._tell is None or self._has_begun:
            return
        self._has_begun = True
        policy = shift.policy
        async with shift.database.read() as connection:
            self._total = await count_waiting(
                connection, list(shift.channels), shift.clock(), policy.only, require_consent=policy.require_consent
            )
        self._tell(0, self._total)

    def advance(self, done: Tally) -> None:
        """What became of a batch; where more comes than was due at first, all of it grows too."""
        if self._tell is None:
            return
        self._done += done.sent + done.deferred + done.undeliverable + done.unknown
        self._total = max(self._total, self._done)
        self._tell(self._done, self._total)
