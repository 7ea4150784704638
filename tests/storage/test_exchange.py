"""What was accepted is settled and the next are marked in one exchange, each guarded as it is by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from storage import deliveries
from storage.database import Database
from storage.models import Customer
from storage.statuses import DeliveryStatus
from tests.flow.world import NOW
from tests.storage.test_deliveries import ME, OTHER, change, lease, mark, queue, row

LATER = NOW + timedelta(seconds=1)


async def exchange(
    database: Database, accepted: dict[int, str], ids: list[int], sender: int = ME, only: tuple[str, ...] = ()
) -> tuple[list[int], dict[int, int]]:
    return await database.write_at_once(
        lambda connection: deliveries.exchange(connection, sender, accepted, ids, LATER, only=only)
    )


async def test_an_exchange_settles_the_accepted_and_marks_the_next(database: Database) -> None:
    await queue(database, 3)
    first, second, third = await lease(database)
    await mark(database, [first])
    assert await exchange(database, {first: "ref"}, [second, third]) == ([first], {second: 1, third: 1})
    accepted, marked = await row(database, first), await row(database, second)
    assert (accepted.status, accepted.reference, accepted.settled_at) == (DeliveryStatus.SENT, "ref", LATER)
    assert (marked.status, marked.handed_at, marked.leased_until) == (DeliveryStatus.SENDING, LATER, None)


async def test_either_side_of_an_exchange_may_be_empty(database: Database) -> None:
    [one] = await queue(database)
    await lease(database)
    assert await exchange(database, {}, [one.delivery_id]) == ([], {one.delivery_id: 1})
    assert await exchange(database, {one.delivery_id: "ref"}, []) == ([one.delivery_id], {})


async def test_an_exchange_moves_nothing_that_another_holds_or_that_may_not_go(database: Database) -> None:
    await queue(database, 2)
    first, second = await lease(database)
    await mark(database, [first])
    assert await exchange(database, {first: "ref"}, [second], sender=OTHER) == ([], {})
    assert await exchange(database, {second: "ref"}, [first]) == ([], {}), "neither stands where its arrow begins"
    assert await exchange(database, {}, [second], only=("nobody",)) == ([], {})
    await change(database, Customer, opted_out_at=NOW)
    assert await exchange(database, {first: "ref"}, [second]) == ([first], {})
    assert (await row(database, second)).status == DeliveryStatus.LEASED


async def test_what_is_executed_over_and_over_is_planned_once_a_connection(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite keeps every plan")
    show = text("SHOW plan_cache_mode")
    for _ in range(2):  # what a pool resets between
        assert await database.write_at_once(lambda connection: connection.scalar(show)) == "force_generic_plan"
    async with database.read() as connection:
        assert await connection.scalar(show) == "auto"
