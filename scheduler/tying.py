"""Answers to orders that had no sale or customer yet, tied to them once an import has brought those."""

from datetime import datetime, timedelta
from functools import partial

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
    if is_doubtful(row) or await orders.find_token(connection, row.sale_id) is not None:
        await nameless.tie(connection, response_id, **values)
        return True
    await orders.hold_customer(connection, row.customer_id)
    campaign_id = await campaigns.find_site(connection, row.answered_at)
    made = await orders.add_invitation(
        connection, campaign_id=campaign_id, customer_id=row.customer_id, sale_id=row.sale_id, at=row.answered_at,
        link_until=row.answered_at + timedelta(days=policy.link_days),
    )  # fmt: skip
    await nameless.tie(connection, response_id, invitation_id=made.id, campaign_id=campaign_id, **values)
    await responses.settle_answered(connection, made.id, row.answered_at)
    await follow(connection, policy, response_id, now)
    return True
