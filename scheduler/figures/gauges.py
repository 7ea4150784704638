"""How the work stands at this moment, for those who watch it from outside: read seldom, shown often."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from scheduler.company import Company
from scheduler.troubles import find_current
from storage import gauges
from storage.counts import count_answers
from storage.database import Connection, Database
from storage.dead_letters import newest_error
from storage.episodes import Trouble
from storage.pauses import Paused, read_pause
from storage.statuses import CampaignStatus, DeliveryStatus

FRESH = 5.0  # seconds that figures are shown before they are read anew …
SHARE = 20.0  # … or so many times what reading took: watching never costs the database more than a twentieth
LATELY = timedelta(minutes=5)
PATIENCE = 10.0  # seconds that a reading may take


@dataclass(frozen=True, kw_only=True)
class Gauges:
    """Counts, and nothing of anybody's own. A day is the company's."""

    deliveries: dict[tuple[str, str], int]  # (channel, status): what waits, is under way or unknown
    oldest_due: dict[str, float]  # channel → seconds since its longest waiting delivery was due; 0: nothing is
    handed_over_today: dict[tuple[str, str], int]  # (channel, status as it is now)
    handed_over_lately: dict[tuple[str, str], int]  # the same, in the last five minutes
    responses_today: dict[str, int]  # by channel
    campaigns: dict[str, int]  # by status
    inbox: dict[str, int]  # by status, without what is done
    outbox: dict[str, int]  # by status, without what is sent
    paused: dict[str, float]  # resource → seconds still
    senders: int
    everything_paused: Paused | None  # None: questions go out
    troubles: Sequence[Trouble] = ()  # with channels
    newest_error: str | None = None  # of the dead messages


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Gauges with their age in seconds."""

    gauges: Gauges
    age: float


class GaugeReader:
    """Reads anew once what it read is stale; whoever asks meanwhile waits for the same reading."""

    def __init__(self, database: Database, company: Company, channels: Collection[str]) -> None:
        """:param channels: those that are on"""
        self._database, self._company, self._channels = database, company, channels
        self._one_at_a_time = asyncio.Lock()
        self._kept: Gauges | None = None
        self._read_at = self._stale_at = 0.0

    async def read(self, now: datetime) -> Reading:
        """:raises TimeoutError: the database doesn't answer"""
        clock = asyncio.get_running_loop().time
        async with self._one_at_a_time:
            if self._kept is None or clock() >= self._stale_at:
                began = clock()
                async with asyncio.timeout(PATIENCE), self._database.read() as connection:
                    self._kept = await read_gauges(connection, self._company, self._channels, now)
                self._read_at = clock()
                self._stale_at = self._read_at + max(FRESH, SHARE * (self._read_at - began))
            return Reading(gauges=self._kept, age=clock() - self._read_at)


async def read_gauges(connection: Connection, company: Company, channels: Collection[str], now: datetime) -> Gauges:
    """Reads them now, whatever that costs."""
    day = company.local_day(now)
    midnight = datetime.combine(day, time.min, company.zone).astimezone(UTC)
    waiting = {(channel, str(status)): 0 for channel in channels for status in gauges.NOT_OVER}
    handed = {(channel, str(status)): 0 for channel in channels for status in (DeliveryStatus.SENT,)}
    return Gauges(
        deliveries=waiting | await gauges.count_unsettled(connection),
        oldest_due={channel: await _oldest_due(connection, channel, now) for channel in channels},
        handed_over_today=handed | await gauges.count_handed_over(connection, midnight),
        handed_over_lately=await gauges.count_handed_over(connection, now - LATELY),
        responses_today=dict.fromkeys(channels, 0) | await count_answers(connection, day),
        campaigns={str(CampaignStatus.RUNNING): 0} | await gauges.count_campaigns(connection),
        inbox=await gauges.count_inbox(connection),
        outbox=await gauges.count_outbox(connection),
        paused=await gauges.read_pauses(connection),
        senders=await gauges.count_senders(connection),
        everything_paused=await read_pause(connection),
        troubles=await find_current(connection, now),
        newest_error=await newest_error(connection),
    )


async def _oldest_due(connection: Connection, channel: str, now: datetime) -> float:
    due = await gauges.find_oldest_due(connection, channel, now)
    return (now - due).total_seconds() if due else 0.0
