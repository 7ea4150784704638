"""Recovery: of the customers whose case was resolved, how many answered again, and how many are happier."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from nps.score import Category, category
from storage.database import Connection
from storage.recovery import count_outcomes

LOOKED_BACK = timedelta(days=365)
RANK = {Category.DETRACTOR: 0, Category.PASSIVE: 1, Category.PROMOTER: 2}


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """Of cases resolved in the last year."""

    resolved: int
    answered: int  # of those, whose customer gave or changed a score afterwards
    recovered: int  # of those, who are in a higher category than the score that opened the case

    @property
    def rate(self) -> float | None:
        """Of those who answered again, in per cent; None: nobody has."""
        return 100 * self.recovered / self.answered if self.answered else None


async def read_recovery(connection: Connection, now: datetime) -> Recovery:
    """As it is now."""
    resolved = answered = recovered = 0
    for before, again, count in await count_outcomes(connection, now - LOOKED_BACK):
        resolved += count
        if again is not None:
            answered += count
            recovered += count * (before is not None and RANK[category(again)] > RANK[category(before)])
    return Recovery(resolved=resolved, answered=answered, recovered=recovered)
