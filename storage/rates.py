"""Rates of limited resources (a bot, a mail server): slots reserved ahead by virtual scheduling (GCRA).

One row a resource holds its theoretical arrival time (tat): when its next slot is. Every sender of every process draws
from that row on the database's clock, so the rate holds across all of them. Nothing is reserved further ahead than
`HORIZON`; a later tat can only come from a clock that jumped back, and is clamped.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Row, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from storage.clock import Seconds, read_seconds
from storage.models import Rate
from storage.upserts import insert_into

HORIZON = 2.0  # seconds
CHAT = ":chat:"  # in the names of the resources that are a single chat's

# Run for every message and batch, so built once.
OF: BindParameter[str] = bindparam("of")
FOUND = select(Rate.tat, Rate.paused_at, Rate.paused_until).where(Rate.resource == OF).with_for_update()
MOVED = update(Rate).where(Rate.resource == OF)


@dataclass(frozen=True, kw_only=True)
class Room:
    """How much of a resource is free."""

    slots: int  # that may be reserved now
    first: float  # seconds until the first of them
    wait: float  # seconds until there is at least one, where there is none; else 0
    is_paused: bool  # the other side asked for a wait, which is still running
    now: float  # seconds since 1970 on the database's clock

    @property
    def moment(self) -> datetime:
        """The database's clock."""
        return datetime.fromtimestamp(self.now, UTC)


async def find_room(connection: AsyncConnection, resource: str, per_second: float) -> Room:
    """The slots that may be reserved now; the row stays locked until the transaction ends."""
    row, now = await _lock(connection, resource)
    if _is_paused(row, now):
        return Room(slots=0, first=0.0, wait=row.paused_until - now, is_paused=True, now=now)
    tat = _clamp(row.tat, now, per_second)
    if tat < row.tat:  # a clock that jumped back: written down, or there were no slot until it has caught up
        await connection.execute(MOVED, {"of": resource, "tat": tat})
    free = (now + _horizon(per_second) - tat) * per_second
    slots = int(free + 1e-6)
    wait = 0.0 if slots else (1 - free) / per_second
    return Room(slots=slots, first=tat - now, wait=wait, is_paused=False, now=now)


async def take_room(connection: AsyncConnection, resource: str, per_second: float, room: Room, count: int) -> None:
    """Reserves some of the slots that were found in this transaction, from the first on, 1/per_second apart."""
    moved = room.now + room.first + count / per_second
    await connection.execute(MOVED, {"of": resource, "tat": moved})


async def take_slots(connection: AsyncConnection, resource: str, per_second: float, count: int) -> float:
    """Reserves slots; returns the seconds until the first, the others following 1/per_second apart.

    Never refuses: a sender asks `find_room` first, while an answer to a customer's tap goes out at once and lets the
    others wait.
    """
    row, now = await _lock(connection, resource)
    tat = _clamp(row.tat, now, per_second)
    moved = tat + count / per_second
    await connection.execute(MOVED, {"of": resource, "tat": moved})
    return tat - now


async def take_paced(connection: AsyncConnection, resource: str, *, every: float, burst: int) -> float:
    """Reserves a slot where one is free; returns 0, or the seconds until one is.

    :param every: seconds between slots in the long run
    :param burst: slots that may be taken at once after a rest
    """
    row, now = await _lock(connection, resource)
    tat: float = min(max(row.tat, now), now + burst * every)
    wait = tat - now - (burst - 1) * every
    if wait > 1e-6:
        return wait
    await connection.execute(MOVED, {"of": resource, "tat": tat + every})
    return 0.0


def is_paused_now(resource: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """As a condition of another statement: the resource that a column of it names is paused, as `is_paused` says."""
    waits = (Rate.paused_at <= Seconds(), Rate.paused_until > Seconds())
    return select(Rate.resource).where(Rate.resource == resource, *waits).exists()


async def is_paused(connection: AsyncConnection, resource: str) -> bool:
    """Whether the other side asked for a wait that is still running."""
    row, now = await _lock(connection, resource)
    return _is_paused(row, now)


async def pause_resource(connection: AsyncConnection, resource: str, seconds: float) -> None:
    """No slots for that long, for nobody; never shortens a longer wait."""
    row, now = await _lock(connection, resource)
    until = max(now + seconds, row.paused_until if _is_paused(row, now) else now)
    await connection.execute(MOVED, {"of": resource, "tat": until, "paused_at": now, "paused_until": until})


async def find_pauses(connection: AsyncConnection) -> dict[str, datetime]:
    """{resource: its end} of the waits that the other sides asked for and that are still running."""
    now = await read_seconds(connection)
    paused = select(Rate.resource, Rate.tat, Rate.paused_at, Rate.paused_until).where(Rate.paused_until.is_not(None))
    rows = await connection.execute(paused)
    return {row.resource: datetime.fromtimestamp(row.paused_until, UTC) for row in rows if _is_paused(row, now)}


async def erase_chats(connection: AsyncConnection, channel: str, targets: Collection[str]) -> None:
    """Forgets these at once: their names are in the resources' own."""
    theirs = [f"{channel}{CHAT}{target}" for target in targets]
    await connection.execute(delete(Rate).where(Rate.resource.in_(theirs)))


async def forget_chats(connection: AsyncConnection, *, idle: float) -> None:
    """Forgets single chats that have had all their slots back for so many seconds: they begin anew."""
    before = await read_seconds(connection) - idle
    is_chat = Rate.resource.contains(CHAT, autoescape=True)
    idle_ones = select(Rate.resource).where(is_chat, Rate.tat < before, Rate.paused_until.is_(None))
    spared = idle_ones.with_for_update(skip_locked=True).cte("spared")  # two that wait for each other: a deadlock
    await connection.execute(delete(Rate).where(Rate.resource.in_(select(spared.c.resource))))


async def _lock(connection: AsyncConnection, resource: str) -> tuple[Row[float, float | None, float | None], float]:
    """(the row, the database's seconds read after it was locked)."""
    row = (await connection.execute(FOUND, {"of": resource})).one_or_none()
    if row is None:
        insert = insert_into(connection, Rate).values(resource=resource, tat=0.0)
        await connection.execute(insert.on_conflict_do_nothing())
        row = (await connection.execute(FOUND, {"of": resource})).one()
    return row, await read_seconds(connection)


def _is_paused(row: Row[*tuple[Any, ...]], now: float) -> bool:
    # Compared with its beginning too: a clock that jumped back must not stretch the wait.
    return row.paused_at is not None and row.paused_until is not None and row.paused_at <= now < row.paused_until


def _clamp(tat: float, now: float, per_second: float) -> float:
    return min(max(tat, now), now + _horizon(per_second))


def _horizon(per_second: float) -> float:
    """Seconds ahead; a rate below one slot in that time gets its one slot."""
    return max(HORIZON, 1 / per_second)
