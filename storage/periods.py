"""Periods that a job has claimed: the unique row makes it happen once, whichever process fires it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import ClaimedPeriod
from storage.upserts import insert_into


async def claim_period(connection: AsyncConnection, *, job: str, period: str, now: datetime) -> bool:
    """Claims a period for a job, in the transaction of what follows from it; False: it was claimed before."""
    statement = (
        insert_into(connection, ClaimedPeriod)
        .values(job=job, period=period, claimed_at=now)
        .on_conflict_do_nothing()
        .returning(ClaimedPeriod.period)
    )
    return (await connection.execute(statement)).first() is not None
