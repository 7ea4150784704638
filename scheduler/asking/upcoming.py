"""When a customer may be asked next: the rules themselves, tried at every moment at which one of them may give way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from scheduler.asking.choosing import Channels
from scheduler.asking.explanation import RULES, NextTime, NoCandidate, SaleSeen, SaleState
from scheduler.asking.picking import daily_rules
from scheduler.asking.policy import Policy
from scheduler.asking.rules import SkipReason
from scheduler.company import Company
from storage import candidates, explaining
from storage.database import Connection

ABOUT_SALES = {NoCandidate.NO_RECENT_SALE, SkipReason.RETURNED, SkipReason.ALREADY_ASKED}  # a new sale ends these
AHEAD = timedelta(days=366)  # sales that the shop dates later are not looked for
STATES = {
    candidates.OPEN: SaleState.OPEN, candidates.INVITED: SaleState.ASKED, candidates.RETURNED: SaleState.RETURNED,
}  # fmt: skip


@dataclass(frozen=True)
class Outlook:
    """One customer under the daily round's rules, at any moment."""

    connection: Connection
    policy: Policy
    company: Company
    channels: Channels
    customer_id: int

    async def rules(self, moment: datetime) -> candidates.Rules:
        """The daily round's."""
        return await daily_rules(self.connection, self.policy, self.company, self.channels, moment)

    async def holding(self, moment: datetime, *, is_foreseen: bool = False) -> set[str]:
        """Names of the rules about the customer that stand in the way at a moment.

        :param is_foreseen: the moment lies ahead
        """
        rules = replace(await self.rules(moment), is_foreseen=is_foreseen)
        return await explaining.find_holding(self.connection, rules, self.customer_id)

    async def sales(self, now: datetime) -> tuple[SaleSeen, ...]:
        """Sales in the window, and those that come into it."""
        rules = await self.rules(now)
        oldest, delay = now - rules.since, now - rules.until
        ahead = replace(rules, until=now + AHEAD)
        return tuple(
            SaleSeen(
                number=row.external_id,
                sold_at=row.sold_at,
                state=STATES[row.state],
                since=row.sold_at + delay,
                until=row.sold_at + oldest,
            )
            for row in await explaining.find_sales(self.connection, ahead, self.customer_id)
        )

    async def next_time(self, start: datetime, ends: Sequence[datetime], sales: Sequence[SaleSeen]) -> NextTime:
        """The first moment from `start` on at which no rule about the customer stands in the way.

        :param ends: until when the customer is left alone: all of these have to be over
        """
        willing = max([start, *ends])
        holding = await self.holding(willing, is_foreseen=willing > start)
        if lasting := holding - ABOUT_SALES:
            return NextTime(at=None, why=next(rule for rule in RULES if rule in lasting))
        if not holding:
            return NextTime(at=willing)
        for moment in sorted(one.since for one in sales if one.since > willing):
            if not await self.holding(moment, is_foreseen=True):
                return NextTime(at=moment)
        soonest = start + timedelta(days=self.policy.delay_days)
        return NextTime(at=max(willing, soonest), why=NoCandidate.NO_RECENT_SALE, needs_sale=True)

    def tomorrow(self, now: datetime) -> datetime:
        """When the company's next day begins, and with it another day's number; in UTC."""
        day = self.company.local_day(now) + timedelta(days=1)
        return datetime.combine(day, time.min, self.company.zone).astimezone(UTC)
