"""How PostgreSQL goes about queueing while its statistics know nothing of the campaign: never by every pair of rows."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, literal, select, text

from scheduler.asking.picking import pick
from scheduler.asking.policy import Policy
from storage.campaigns import add_campaign
from storage.database import Database
from storage.invitations import queue_invitations
from storage.models import Customer, Delivery, Sale
from storage.picking import Stretch
from storage.picking_tables import CHOSEN, create_tables
from tests.flow.world import COMPANY, NOW
from tests.storage.picking_shop import CHANNELS, shop

PEOPLE = 2_000


async def test_a_campaign_that_no_statistics_know_of_is_queued_row_by_row(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite plans by the keys alone")
    await shop(database, PEOPLE)
    await pick(database, Policy(daily_limit=PEOPLE), COMPANY, CHANNELS, NOW)
    async with database.begin() as connection:
        await connection.execute(text("ANALYZE"))
    written: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("INSERT INTO delivery"):
            written.append((statement, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    async with database.begin() as connection:
        again = await add_campaign(connection, {"name": "again", "kind": "transactional", "created_at": NOW})
        await create_tables(connection)
        them = select(
            Customer.id, Sale.id, literal("again"), literal(NOW + timedelta(days=9), CHOSEN.c.send_before.type),
            literal("email"), Customer.email_address_id, literal(NOW, CHOSEN.c.due_at.type),
        ).join(Sale, Sale.customer_id == Customer.id)  # fmt: skip
        into = ["customer_id", "sale_id", "occasion", "send_before", "channel", "address_id", "due_at"]
        await connection.execute(insert(CHOSEN).from_select(into, them.order_by(Customer.id)))
        asked = select(CHOSEN).where(Stretch(first=1, last=PEOPLE).rows).subquery("asked")
        assert await queue_invitations(connection, asked, campaign_id=again, now=NOW, link_until=NOW) == PEOPLE
        await connection.execute(delete(Delivery).where(Delivery.campaign_id == again))
        ((statement, parameters),) = written
        explained = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
        plan = explained.scalar_one()
        await connection.rollback()
    met = [rows_met(node) for node in nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])]
    assert max(met) <= 2 * PEOPLE


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's node and all below it."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def rows_met(node: dict[str, Any]) -> float:
    """How many rows a node looked at, over all its turns."""
    removed = sum(value for name, value in node.items() if name.startswith("Rows Removed"))
    met: float = (node["Actual Rows"] + removed) * node["Actual Loops"]
    return met
