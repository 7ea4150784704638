"""Answers to orders that had no sale or customer yet, tied to them once an import has brought those."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from scheduler.asking.policy import Policy
from scheduler.closing import follow
from scheduler.suspecting import is_doubtful
from storage import campaigns, nameless, orders, responses
from storage.database import Connection, Database


async def tie_orders(database: Database, policy: Policy, now: datetime) -> int:
    """Ties every such answer, each in a transaction of its own; how many. Before anybody is picked, and after imports.

    From then on it is the customer's: it counts as asked from the moment of the answer, and may become a case.
    """
    async with database.read() as connection:
        waiting = await nameless.find_tied(connection)
    return sum([await database.write(partial(_tie, policy=policy, response_id=one, now=now)) for one in waiting])


async def _tie(connection: Connection, *, policy: Policy, response_id: int, now: datetime) -> bool:
    row = await nameless.take_tied(connection, response_id)
    if row is None:
        return False
    if row.customer_id is None:
        await nameless.tie(connection, response_id, sale_id=row.sale_id)
        return True
    values = {"sale_id": row.sale_id, "customer_id": row.customer_id}
    if is_doubtful(row) or row.is_erased:
        await nameless.tie(connection, response_id, **values)
        return True
    await orders.hold_customer(connection, row.customer_id)
    answered = await _find_question(connection, policy, row)
    await nameless.tie(connection, response_id, **answered, **values)
    if answered:
        await responses.settle_answered(connection, answered["invitation_id"], row.answered_at)
    await follow(connection, policy, response_id, now)
    return True


async def _find_question(connection: Connection, policy: Policy, row: Any) -> dict[str, int]:
    """The invitation that it answers, with its campaign: the sale's own, else a new one; none where that one has an
    answer of its own."""
    token = await orders.find_token(connection, row.sale_id)
    asked = await responses.find_asked(connection, token, lock=True) if token else None
    if asked is not None:
        if asked.response_id is not None:
            return {}
        return {"invitation_id": asked.invitation_id, "campaign_id": asked.campaign_id}
    campaign_id = await campaigns.find_site(connection, row.answered_at)
    made = await orders.add_invitation(
        connection, campaign_id=campaign_id, customer_id=row.customer_id, sale_id=row.sale_id, at=row.answered_at,
        link_until=row.answered_at + timedelta(days=policy.link_days),
    )  # fmt: skip
    return {"invitation_id": made.id, "campaign_id": campaign_id}
