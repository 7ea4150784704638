"""Taking a batch: at most two seconds of a channel's rate, its slots reserved in the same transaction."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.asking.recovering import clear
from scheduler.asking.shift import NOTHING, Shift, Tally
from scheduler.asking.windows import is_open, next_open, zone_named
from scheduler.channel import Channel, Question
from storage import deliveries
from storage.database import Connection
from storage.heads import find_heads, look_at
from storage.rates import Room, find_room, take_room
from storage.reminders import find_threads
from storage.statuses import CampaignKind, DeliveryKind

MOST = 1_000  # deliveries in one lease, whatever the rate
STRETCH = 1_000  # deliveries looked at once nothing but obstacles was met


@dataclass(frozen=True, kw_only=True)
class Leased:
    """A delivery that is ours for the time of the lease."""

    question: Question
    zone: ZoneInfo  # the customer's
    slot: float  # when to hand it over, on the event loop's clock
    campaign: str  # its name

    @property
    def id(self) -> int:
        """The delivery's."""
        return self.question.delivery_id


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What a lease brought, in the order of its slots."""

    rows: list[Leased]
    wait: float = 0.0  # seconds until there are slots; 0: it was no lack of slots that ended it
    is_paused: bool = False  # the other side asked for that wait
    cleared: Tally = NOTHING  # what stood in the way and is out of it now
    is_blocked: bool = False  # nothing else was met: there may be more to lease behind it


async def lease_batch(shift: Shift, channel: Channel, most: int = MOST) -> Batch:
    """Leases what is due on a channel and may go, as far as there are slots; what it meets that may not go is put off
    until its window opens, or cancelled.
    """
    batch = await _lease(shift, channel, most)
    return await _lease(shift, channel, most, look=STRETCH, cleared=batch.cleared) if batch.is_blocked else batch


async def _lease(shift: Shift, channel: Channel, most: int, look: int = 0, cleared: Tally = NOTHING) -> Batch:
    took = await shift.database.write_whole(lambda connection: _take(connection, shift, channel, most, look))
    room, met = took.room, took.met
    if met is None:
        return Batch(rows=[], wait=room.wait, is_paused=room.is_paused, cleared=cleared)
    start = asyncio.get_running_loop().time() + room.first
    cleared += Tally(deferred=took.deferred)
    if met.hopeless:
        cleared += await clear(shift, met.hopeless)
    leased = [
        _leased(shift, one, start + place / channel.rate_per_second, took.threads.get(one.row.id))
        for place, one in enumerate(took.rows)
    ]
    return Batch(rows=leased, cleared=cleared, is_blocked=not leased and bool(met.hopeless or met.closed))


async def _take(connection: Connection, shift: Shift, channel: Channel, most: int, look: int) -> "_Taken":
    room = await find_room(connection, channel.name, channel.rate_per_second)
    if not room.slots:
        return _Taken(room=room)
    met = await _look(connection, shift, channel, min(room.slots, most, MOST), look)
    got = set(await deliveries.lease(connection, shift.sender_id, [one.row.id for one in met.open], room.moment))
    rows = [one for one in met.open if one.row.id in got]
    threads = await _threads(connection, [one.row for one in rows])
    deferred = [len(await deliveries.defer_queued(connection, ids, at)) for at, ids in met.closed.items()]
    if rows:
        await take_room(connection, channel.name, channel.rate_per_second, room, len(rows))
    return _Taken(room=room, met=met, rows=rows, threads=threads, deferred=sum(deferred))


@dataclass(frozen=True, kw_only=True)
class _Seen:
    row: Any
    campaign: Any
    zone: ZoneInfo


@dataclass(frozen=True, kw_only=True)
class _Met:
    """What stands at the heads of the queue."""

    open: list[_Seen]  # may go now
    closed: dict[datetime, list[int]]  # by when their window opens
    hopeless: list[int]  # not to be sent any more


@dataclass(frozen=True, kw_only=True)
class _Taken:
    room: Room
    met: _Met | None = None  # None: there was no room
    rows: Sequence[_Seen] = ()
    threads: Mapping[int, str] = field(default_factory=dict)
    deferred: int = 0


async def _look(connection: Connection, shift: Shift, channel: Channel, slots: int, look: int) -> _Met:
    """As many as there are slots for, or `look` at least."""
    now = shift.clock()
    met, openings = _Met(open=[], closed={}, hopeless=[]), _Openings(shift, now)
    for campaign in await find_heads(connection, channel.name, now):
        limit = max(slots - len(met.open), look)
        for row in await look_at(
            connection, campaign.id, channel.name, limit, due=now, only=shift.policy.only,
            require_consent=shift.policy.require_consent,
        ):  # fmt: skip
            zone, opening = openings.of(row.timezone)
            if not row.goes:
                met.hopeless.append(row.id)
            elif opening is not None:
                met.closed.setdefault(opening, []).append(row.id)
            elif len(met.open) < slots:
                met.open.append(_Seen(row=row, campaign=campaign, zone=zone))
        if len(met.open) == slots:
            break
    return met


class _Openings:
    """Time zones looked at once a lease."""

    def __init__(self, shift: Shift, now: datetime) -> None:
        self._shift, self._now = shift, now
        self._known: dict[str | None, tuple[ZoneInfo, datetime | None]] = {}

    def of(self, name: str | None) -> tuple[ZoneInfo, datetime | None]:
        """(the zone, when the window opens there; None: it is open)."""
        if name not in self._known:
            zone, policy = zone_named(name, self._shift.company.zone), self._shift.policy
            is_closed = not is_open(policy, zone, self._now)
            self._known[name] = (zone, next_open(policy, zone, self._now) if is_closed else None)
        return self._known[name]


async def _threads(connection: Connection, rows: Sequence[Any]) -> dict[int, str]:
    reminders = [row.id for row in rows if row.kind == DeliveryKind.REMINDER]
    return await find_threads(connection, reminders) if reminders else {}


def _leased(shift: Shift, seen: _Seen, slot: float, thread: str | None) -> Leased:
    row = seen.row
    question = Question(
        delivery_id=row.id,
        kind=row.kind,
        token=row.token,
        address=row.address,
        language=row.language or shift.company.language,
        customer_name=row.customer_name,
        texts=seen.campaign.question,
        thread=thread,
        campaign=seen.campaign.name,
        about_sale=seen.campaign.kind == CampaignKind.TRANSACTIONAL,
    )
    return Leased(question=question, zone=seen.zone, slot=slot, campaign=seen.campaign.name)
