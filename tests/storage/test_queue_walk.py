"""The walk through the queue in stretches: each delivery is met once, whatever is due when."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from storage.database import Database
from storage.models import Delivery, Invitation
from storage.queue_walk import Place, find_end, find_hopeless
from storage.statuses import DeliveryStatus
from tests.flow.world import NOW, ask_customer

DUE = (0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 3)  # hours


async def walk(database: Database, count: int) -> list[list[int]]:
    """Ids in stretches of so many; within a stretch, which has no order of its own, the smallest first."""
    found, after = list[list[int]](), None
    async with database.read() as connection:
        while True:
            until: Place | None = await find_end(connection, after, count)
            met = await find_hopeless(connection, after, until, NOW)
            assert len(met) == count or until is None
            found.append(sorted(met))
            if until is None:
                return found
            after = until


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 11, 12])
async def test_every_stretch_goes_on_where_the_last_one_ended(database: Database, count: int) -> None:
    expected = []
    async with database.begin() as connection:
        for number, hours in reversed(list(enumerate(DUE, start=1))):
            seeded = await ask_customer(connection, str(number), status=DeliveryStatus.QUEUED)
            due = NOW + timedelta(hours=hours)
            its = update(Delivery).where(Delivery.id == seeded.delivery_id)
            await connection.execute(its.values(due_at=due))
            expected.append((due, seeded.delivery_id))
        await connection.execute(update(Invitation).values(send_before=NOW - timedelta(days=1)))
    ids = [one for _, one in sorted(expected)]
    stretches = [sorted(ids[first : first + count]) for first in range(0, len(ids), count)]
    assert [met for met in await walk(database, count) if met] == stretches
