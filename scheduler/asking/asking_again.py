"""After a case was resolved: is it better now? Asked once for each case, whatever the cool-down of 90 days says.

The shop as a whole is asked about, by the campaign `recovery`: policy.case_pause_days after the case was resolved, for
a month, never within 24 hours of another question, and only where the customer was asked and has said nothing since.
Every other rule is the daily round's: opt-outs, consent, windows, holidays, a rehearsal, the number of the day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from scheduler.asking.choosing import Channels, look, make_rules, take
from scheduler.asking.picking import DailyRound
from scheduler.asking.policy import Policy
from scheduler.asking.queueing import Queueing
from scheduler.company import Company
from storage import campaigns, invitations, picking
from storage.audiences import CustomerFilter, SaleFilter
from storage.candidates import Audience
from storage.cooldowns import HARD_FLOOR
from storage.database import Connection, Database, Held
from storage.picking_tables import drop_tables
from storage.recovery import find_due, find_resolved

EVER = datetime(1900, 1, 1, tzinfo=UTC)
NOT_TOO_LATE = timedelta(days=30)  # after the pause: whoever could not be asked by then is not asked at all
AT_ONCE = 500  # customers
EVERYBODY = Audience(sales=SaleFilter(), customers=CustomerFilter(), per_sale=False, needs_sale=False)


async def ask_again(
    database: Database, policy: Policy, company: Company, channels: Channels, now: datetime, *, dry_run: bool = False,
    at_once: int = AT_ONCE,
) -> int:  # fmt: skip
    """Queues the questions that are due; how many. Whoever runs it, and however often, nobody is asked twice.

    :param at_once: customers looked at together
    """
    async with database.hold() as held:
        async with held.read() as connection:
            if await campaigns.is_paused(connection, campaigns.RECOVERY):
                return 0
        return await _Again(held, policy, company, channels, now, dry_run, at_once).run()


@dataclass(frozen=True)
class _Again:
    """A run through all who are due: those who may not be asked must not keep the others behind them."""

    held: Held
    policy: Policy
    company: Company
    channels: Channels
    now: datetime
    dry_run: bool
    at_once: int

    async def run(self) -> int:
        queued, last, pause = 0, None, timedelta(days=self.policy.case_pause_days)
        resolved = (self.now - pause - NOT_TOO_LATE, self.now - pause)
        while True:
            async with self.held.read() as connection:
                due = await find_due(connection, resolved=resolved, after=last, limit=self.at_once)
                room = await self._round.room(connection) - (queued if self.dry_run else 0)
            if not due or room <= 0:
                return queued
            queued += await self._ask([one.customer_id for one in due], room)
            last = due[-1]

    async def _ask(self, customers: Sequence[int], room: int) -> int:
        async with self.held.read() as connection:
            rules = await make_rules(
                connection, self.policy, self.channels, self.now, period=(EVER, self.now), cooldown=HARD_FLOOR,
                seed=str(self.policy.seed), audience=EVERYBODY,
            )  # fmt: skip
            found = await look(connection, replace(rules, customers=tuple(customers)))
            newest = await invitations.newest_id(connection)
            choice = _choice(room, self.policy, self.now)
            chosen = await take(
                connection, self.policy, self.company, self.now, eligible=found.eligible, choice=choice
            )  # fmt: skip
        if chosen and not self.dry_run:
            link_until = self.now + timedelta(days=self.policy.link_days)
            await Queueing(self.held, self._round, self.now, HARD_FLOOR, link_until, newest).queue(chosen)
        async with self.held.read() as connection:
            queued = sum((await picking.count_channels(connection)).values())
            await drop_tables(connection)
        return queued

    @property
    def _round(self) -> "RecoveryRound":
        return RecoveryRound(self.policy, self.company, self.now)


async def foresee_again(connection: Connection, policy: Policy, customer: Any, now: datetime) -> datetime | None:
    """From when on a customer is asked again after a case of theirs; None: they are not.

    :param customer: every column
    """
    pause = timedelta(days=policy.case_pause_days)
    found = await find_resolved(connection, customer.id, resolved=(now - pause - NOT_TOO_LATE, now))
    if found is None:
        return None
    floor = customer.asked_at + HARD_FLOOR if customer.asked_at else now
    return max(found + pause, floor, customer.not_before or now, now)


def _choice(room: int, policy: Policy, now: datetime) -> picking.Choice:
    return picking.Choice(
        limit=room, newest_first=False, about_sales=False, about_cases=True, expire=None,
        send_before=now + timedelta(days=policy.expire_days),
    )  # fmt: skip


@dataclass(frozen=True)
class RecoveryRound(DailyRound):
    """Entitles to ask again, within the number of the day."""

    async def take(self, connection: Connection) -> int:
        """Its campaign's id, made at need and locked."""
        return await campaigns.lock_endless(connection, campaigns.RECOVERY, self.now)
