"""Who wants to know what happens during an import."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scheduler.intake.counts import OnProgress, OnReject
from storage.sources.options import Recognised


def _unheard(_: Any) -> None:
    """Nobody listens."""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Called on the way; `rejected` also from the thread that reads, one call at a time."""

    recognised: Callable[[Recognised], None] = _unheard
    rejected: OnReject = _unheard
    progress: OnProgress = _unheard
