"""Trouble with a channel that a person has to see to: noted with its cause, told once an episode."""

from datetime import datetime, timedelta

from scheduler.channel import TryLater
from storage import episodes
from storage.database import Connection
from storage.episodes import Trouble
from storage.statuses import EpisodeKind

QUIET = timedelta(days=1)  # without a sign an episode is over
AWAY_QUIET = timedelta(hours=2)  # the same of a channel that is away: it is tried every hour at least
LASTING = timedelta(hours=1)  # from then on people hear of it
CHANNEL_PAUSE = timedelta(minutes=5)  # at most, after a refusal of the whole channel that named no time


async def note_refusal(connection: Connection, channel: str, refusal: TryLater, now: datetime) -> None:
    """A refusal of the whole channel: trouble at once where it does not pass by itself, else once it lasts."""
    if refusal.needs_people:
        await note(connection, channel, EpisodeKind.REFUSED, refusal.reason, now)
    else:
        since = now - AWAY_QUIET
        await episodes.note_trouble(connection, channel, EpisodeKind.AWAY, refusal.reason, now=now, quiet_since=since)


async def note(connection: Connection, channel: str, kind: EpisodeKind, reason: str, now: datetime) -> None:
    """In the transaction of its cause."""
    await episodes.note_trouble(connection, channel, kind, reason, now=now, quiet_since=now - QUIET)


async def find_current(connection: Connection, now: datetime) -> list[Trouble]:
    """The episodes that go on."""
    return await episodes.find_trouble(connection, now - QUIET, lasting_since=now - LASTING)


async def is_untold(connection: Connection, now: datetime) -> bool:
    """Whether there is trouble that nobody was told of: looked at often, without a writer's lock."""
    return await episodes.is_untold(connection, now - LASTING)


async def take_untold(connection: Connection, now: datetime) -> list[Trouble]:
    """The trouble that was not told yet, and is from now on."""
    return await episodes.take_untold(connection, now, now - LASTING)
