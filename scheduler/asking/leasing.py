"""Taking a batch: at most two seconds of a channel's rate, its slots reserved in the same transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.asking.shift import Shift
from scheduler.asking.windows import is_open, next_open, zone_named
from scheduler.channel import Channel, Question
from storage import deliveries
from storage.clock import read_moment
from storage.database import Connection
from storage.queue import find_due_zones, move_due
from storage.rates import find_room, take_slots
from storage.reminders import find_threads
from storage.senders import wait_for_turn
from storage.statuses import DeliveryKind


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


async def lease_batch(shift: Shift, channel: Channel) -> Batch:
    """Leases what is due on a channel and may go, as far as there are slots."""
    async with shift.database.begin() as connection:
        room = await find_room(connection, channel.name, channel.rate_per_second)
        if not room.slots:
            return Batch(rows=[], wait=room.wait, is_paused=room.is_paused)
        ids = await deliveries.lease(
            connection, channel.name, shift.sender_id, room.slots,
            due=shift.clock(), at=await read_moment(connection), only=shift.policy.only,
        )  # fmt: skip
        if not ids:
            return Batch(rows=[])
        rows = await deliveries.load(connection, ids)
        threads = await _threads(connection, rows)
        first = await take_slots(connection, channel.name, channel.rate_per_second, len(ids))
    start = asyncio.get_running_loop().time() + first
    return Batch(
        rows=[
            _leased(shift, row, start + place / channel.rate_per_second, threads.get(row.id))
            for place, row in enumerate(rows)
        ]
    )


async def defer_closed(shift: Shift) -> int:
    """Puts off what is due where the customers' window is closed, zone by zone; returns how many."""
    now = shift.clock()
    async with shift.database.begin() as connection:
        await wait_for_turn(connection)
        openings = {
            name: opening for name in await find_due_zones(connection, now) if (opening := _opening(shift, name, now))
        }
        return sum([await move_due(connection, name, now, opening) for name, opening in openings.items()])


def _opening(shift: Shift, zone_name: str | None, now: datetime) -> datetime | None:
    zone = zone_named(zone_name, shift.company.zone)
    return None if is_open(shift.policy, zone, now) else next_open(shift.policy, zone, now)


async def _threads(connection: Connection, rows: Sequence[Any]) -> dict[int, str]:
    reminders = [row.id for row in rows if row.kind == DeliveryKind.REMINDER]
    return await find_threads(connection, reminders) if reminders else {}


def _leased(shift: Shift, row: Any, slot: float, thread: str | None) -> Leased:
    question = Question(
        delivery_id=row.id,
        kind=row.kind,
        token=row.token,
        address=row.address,
        language=row.language or shift.company.language,
        customer_name=row.customer_name,
        texts=row.question,
        thread=thread,
    )
    return Leased(
        question=question, zone=zone_named(row.timezone, shift.company.zone), slot=slot, campaign=row.campaign
    )
