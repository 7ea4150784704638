"""When what may go at once is due: well before now, or a clock that is set back meanwhile would hold it up."""

from datetime import datetime, timedelta

HEAD_START = timedelta(days=1)  # clocks that were wrong by more were wrong when it was written, too


def due_at_once(now: datetime) -> datetime:
    """For `due_at` of what waits for nothing."""
    return now - HEAD_START
