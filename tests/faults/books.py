"""The books balanced: what a program says it did, what the database says, what the far side counted."""

import json
from collections import Counter
from typing import Any

from sqlalchemy import select

from storage.database import Database
from storage.models import Address
from tests.faults.programs import Ended
from tests.faults.shop import outcomes


async def balanced(database: Database, arrived: Counter[str]) -> dict[str, set[str]]:
    """{status: addresses}: nobody got two; what is sent arrived; what arrived is sent, or nobody knows."""
    ends = await outcomes(database)
    by_status = {status: {address for address, end in ends.items() if end == status} for status in set(ends.values())}
    assert max(arrived.values(), default=1) == 1
    sent, unknown = by_status.get("sent", set()), by_status.get("unknown", set())
    assert sent <= set(arrived) <= sent | unknown
    return by_status


async def dead_addresses(database: Database) -> dict[str, str]:
    """{address: why nobody is asked on it any more}."""
    async with database.read() as connection:
        dead = select(Address.value, Address.undeliverable_reason).where(Address.undeliverable_at.is_not(None))
        return {value: str(reason) for value, reason in await connection.execute(dead)}


def figures(ended: Ended) -> dict[str, Any]:
    """What a command that went well printed as JSON."""
    assert ended.status == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found
