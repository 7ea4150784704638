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
    """Of cases resolved in a year."""

    resolved: int
    answered: int  # of those, whose customer gave or changed a score afterwards
    recovered: int  # of those, who are in a higher category than the score that opened the case

    @property
    def rate(self) -> float | None:
        """Of those who answered again, in per cent; None: nobody has."""
        return 100 * self.recovered / self.answered if self.answered else None


NONE_RESOLVED = Recovery(resolved=0, answered=0, recovered=0)


async def read_recovery(
    connection: Connection, until: datetime, *, as_of: datetime | None = None, store: str | None = None
) -> Recovery:
    """Of cases resolved in the year before `until`.

    :param as_of: what was answered until then counts; None: until `until`
    :param store: of cases about sales of this store alone
    """
    resolved = answered = recovered = 0
    since, known = until - LOOKED_BACK, until if as_of is None else as_of
    for before, again, count in await count_outcomes(connection, since, until, as_of=known, store=store):
        resolved += count
        if again is not None:
            answered += count
            recovered += count * (before is not None and RANK[category(again)] > RANK[category(before)])
    return Recovery(resolved=resolved, answered=answered, recovered=recovered)
