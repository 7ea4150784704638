"""The daily round: who of the recent customers is asked, and who is not for which reason."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from scheduler.asking.choosing import Channels, Looked, look, make_rules, take
from scheduler.asking.policy import Policy
from scheduler.asking.queueing import STRETCH, Queueing
from scheduler.asking.rules import SkipReason
from scheduler.company import Company
from scheduler.tying import tie_orders
from storage import campaigns, candidates, invitations, picking
from storage.database import Connection, Database
from storage.picking_tables import drop_tables


@dataclass(frozen=True, kw_only=True)
class Picked:
    """What came of it; in a dry run, what would."""

    eligible: int  # every rule but the daily limit lets them be asked
    picked: int  # queued
    by_channel: Mapping[str, int]  # of those picked
    skipped: Mapping[SkipReason, int]  # above zero only; with `picked` they add up to all candidates


async def pick(
    database: Database,
    policy: Policy,
    company: Company,
    channels_available: Channels,
    now: datetime,
    *,
    dry_run: bool = False,
) -> Picked:
    """Queues today's invitations. Whoever runs it, and however often, nobody is asked twice.

    :param channels_available: (name, AddressKind) of the channels that are on, in order of preference
    :param dry_run: nothing is written, the figures are what a real run would come to; but for answers to orders that
        no import has tied yet, because it died before: a real run ties them first
    """
    daily = DailyRound(policy, company, now)
    if not dry_run:
        await tie_orders(database, policy, now)
    async with database.hold() as held:
        async with held.read() as connection:
            found = await look(connection, await daily_rules(connection, policy, company, channels_available, now))
            newest = await invitations.newest_id(connection)  # before counting: who comes between is reckoned with
            is_paused = await campaigns.is_daily_paused(connection)
            left = 0 if is_paused else await daily.room(connection)
            choice = picking.Choice(
                limit=left if left < found.eligible else None, newest_first=True, about_sales=True,
                expire=timedelta(days=policy.expire_days), send_before=now,
            )  # fmt: skip
            chosen = await take(connection, policy, company, now, eligible=found.eligible, choice=choice)
        queueing = Queueing(held, daily, now, policy.cooldown, now + timedelta(days=policy.link_days), newest)
        if not dry_run:
            await queueing.queue(chosen)
        async with held.read() as connection:
            by_channel = await picking.count_channels(connection)
            await drop_tables(connection)
    return _report(found, queueing.overtaken, by_channel, SkipReason.PAUSED if is_paused else SkipReason.DAILY_LIMIT)


async def daily_rules(
    connection: Connection, policy: Policy, company: Company, channels: Channels, now: datetime
) -> candidates.Rules:
    """Whom the daily round looks at. The day is in the seed: where the limit is short, others come first each day."""
    # What would be too old to be sent is too old to be picked.
    oldest = timedelta(days=min(policy.window_days, policy.expire_days))
    return await make_rules(
        connection,
        policy,
        channels,
        now,
        period=(now - oldest, now - timedelta(days=policy.delay_days)),
        cooldown=policy.cooldown,
        seed=f"{policy.seed} {company.local_day(now)}",
    )


@dataclass(frozen=True)
class DailyRound:
    """Entitles to ask, up to the daily limit."""

    policy: Policy
    company: Company
    now: datetime
    stretch: int | None = STRETCH

    async def take(self, connection: Connection) -> int:
        """Its campaign's id, made at need and locked."""
        return await campaigns.lock_endless(connection, campaigns.DAILY, self.now)

    async def room(self, connection: Connection) -> int:
        """What is left of the limit on the company's day that holds the moment."""
        rounds = await campaigns.find_rounds(connection)
        if not rounds:
            return self.policy.daily_limit
        day = self.company.local_day(self.now)
        since, before = (
            datetime.combine(one, time.min, self.company.zone).astimezone(UTC) for one in (day, day + timedelta(days=1))
        )
        queued = await invitations.count_queued(connection, rounds, since=since, before=before)
        return max(0, self.policy.daily_limit - queued)

    async def close(self, connection: Connection, queued: int) -> None:
        """The daily round never ends."""


def _report(found: Looked, overtaken: int, by_channel: Mapping[str, int], left_out: SkipReason) -> Picked:
    eligible, picked = found.eligible - overtaken, sum(by_channel.values())
    counts = Counter(found.reasons)
    counts[SkipReason.COOLDOWN] += overtaken
    counts[left_out] = eligible - picked
    skipped = {reason: counts[reason] for reason in SkipReason if counts[reason] > 0}
    return Picked(eligible=eligible, picked=picked, by_channel=by_channel, skipped=skipped)
