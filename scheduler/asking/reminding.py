"""Reminders: one to whom the question reached and who kept silent, after the set days, in their next open window."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from scheduler.asking.policy import Policy
from scheduler.asking.windows import next_open, zone_named
from scheduler.company import Company
from scheduler.events import log_event
from scheduler.tying import tie_orders
from storage import reminders
from storage.database import Database
from storage.remindable import Rules
from storage.reminders import Opening, Stretch

LATE = timedelta(days=7)  # a reminder is queued this late at most, or as late as its days are many: then it is over
HELD_UP = timedelta(days=14)  # once queued it waits this much longer: for the end of holidays, of a pause
LINK_LEFT = timedelta(days=3)  # who is reminded has at least this long to answer
AT_ONCE = 1_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Reminded:
    """What a look for reminders did."""

    queued: int
    cancelled: int  # held up for so long that they are not sent any more


async def remind(
    database: Database,
    policy: Policy,
    company: Company,
    channels: Collection[str],
    now: datetime,
    *,
    at_once: int = AT_ONCE,
) -> Reminded:
    """Queues what is due. Whoever runs it, and however often, nobody is reminded twice.

    A reminder whose moment passed too long ago (the program stood still, the campaign was paused) is not sent.

    :param channels: names of those that are on
    :param at_once: hand-overs looked at in a transaction: on SQLite everybody else waits for it
    """
    await tie_orders(database, policy, now)  # who has answered on the site before the shop's sale came needs none
    steps = _Reminding(database, policy, company, channels, now, at_once)
    done = Reminded(cancelled=await steps.call_off(), queued=await steps.queue())
    if done.queued or done.cancelled:
        log_event(log, "reminders", queued=done.queued, cancelled=done.cancelled)
    return done


def reminded_since(policy: Policy, moment: datetime) -> datetime | None:
    """Of what was handed over up to this, no reminder is queued at the moment any more; None: none ever is."""
    wait = timedelta(days=policy.reminder_days)
    return moment - wait - max(wait, LATE) if wait else None


@dataclass(frozen=True)
class _Reminding:
    database: Database
    policy: Policy
    company: Company
    channels: Collection[str]
    now: datetime
    at_once: int

    async def call_off(self) -> int:
        """Cancels what waits in vain; everything, where reminders are off."""
        since, cancelled = reminded_since(self.policy, self.now), 0
        asked_before = since - HELD_UP if since else self.now
        while True:
            async with self.database.read() as connection:
                late = await reminders.find_late(connection, asked_before=asked_before, now=self.now, most=self.at_once)
            if not late:
                return cancelled
            cancelled += await self.database.write(partial(reminders.cancel_late, ids=late, now=self.now))

    async def queue(self) -> int:
        """Along the hand-overs, the oldest first."""
        since, queued = reminded_since(self.policy, self.now), 0
        if since is None:
            return 0
        left = Stretch(after=since, until=self.now - timedelta(days=self.policy.reminder_days))
        while left.after < left.until:
            async with self.database.read() as connection:
                stretch = await reminders.find_stretch(connection, left, self.at_once)
                zones = await reminders.find_zones(connection, self._rules, stretch)
            if zones:
                openings = {zone: self._opening(zone) for zone in zones}
                queued += await self.database.write(
                    partial(reminders.queue_reminders, rules=self._rules, stretch=stretch, openings=openings)
                )
            left = Stretch(after=stretch.until, until=left.until)
        return queued

    @property
    def _rules(self) -> Rules:
        policy = self.policy
        return Rules(
            now=self.now, channels=self.channels, only=policy.only, require_consent=policy.require_consent
        )  # fmt: skip

    def _opening(self, zone: str) -> Opening:
        due = next_open(self.policy, zone_named(zone, self.company.zone), self.now)
        return Opening(due_at=due, link_beyond=due + LINK_LEFT)
