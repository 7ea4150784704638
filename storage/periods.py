"""Periods that a job has claimed: the unique row makes it happen once, whichever process fires it."""

from datetime import datetime

from sqlalchemy import delete
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


async def forget_periods(connection: AsyncConnection, *, job: str, before: str) -> None:
    """Removes the claims on earlier periods of a job that never looks back."""
    await connection.execute(delete(ClaimedPeriod).where(ClaimedPeriod.job == job, ClaimedPeriod.period < before))
