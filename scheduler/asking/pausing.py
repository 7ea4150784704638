"""Everything paused and resumed: no question goes out, whatever its campaign; answers are taken, staff are told."""

import logging
from dataclasses import dataclass
from datetime import datetime

from scheduler.events import log_event
from storage import pauses
from storage.database import Connection
from storage.pauses import Paused

LONGEST_NAME = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the switch stands after somebody turned it."""

    paused: Paused | None  # None: questions go out
    is_changed: bool  # False: it stood like that before


async def pause_everything(connection: Connection, by: str, now: datetime) -> Standing:
    """From the commit on nothing more is marked for hand-over, not even what was leased."""
    begun = await pauses.begin_pause(connection, by[:LONGEST_NAME], now)
    if begun:
        log_event(log, "paused")
    return Standing(paused=await pauses.read_pause(connection), is_changed=begun)


async def resume_everything(connection: Connection) -> Standing:
    """Everything goes on where it stopped; a campaign that is paused by itself stays so."""
    ended = await pauses.end_pause(connection)
    if ended:
        log_event(log, "resumed")
    return Standing(paused=None, is_changed=ended)
