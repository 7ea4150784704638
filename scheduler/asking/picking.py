"""The daily round: who of the recent customers is asked, and who is not for which reason."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.asking.policy import Policy
from scheduler.asking.queueing import Queueing, queued_today
from scheduler.asking.rules import SkipReason
from scheduler.asking.windows import next_open, zone_named
from scheduler.company import Company
from storage import candidates, invitations, picking
from storage.database import Connection, Database
from storage.picking_tables import create_tables, drop_tables


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
    channels_available: Sequence[tuple[str, str]],
    now: datetime,
    *,
    dry_run: bool = False,
) -> Picked:
    """Queues today's invitations. Whoever runs it, and however often, nobody is asked twice.

    :param channels_available: (name, AddressKind) of the channels that are on, in order of preference
    :param dry_run: nothing is written, the figures are what a real run would come to
    """
    async with database.hold() as held:
        async with held.read() as connection:
            rules = await _rules(connection, policy, channels_available, now)
            found = await _choose(connection, policy, company, rules)
        queueing = Queueing(held, policy, company, now, found.newest)
        if not dry_run:
            await queueing.queue(found.chosen)
        async with held.read() as connection:
            by_channel = await picking.count_channels(connection)
            await drop_tables(connection)
    return _report(found, queueing.overtaken, by_channel)


@dataclass(frozen=True)
class _Found:
    reasons: Mapping[SkipReason, int]
    eligible: int
    chosen: int
    newest: int  # id of the last invitation there was


async def _rules(
    connection: Connection, policy: Policy, channels: Sequence[tuple[str, str]], now: datetime
) -> candidates.Rules:
    seeded = hashlib.sha256(str(policy.seed).encode()).digest()
    # What would be too old to be sent is too old to be picked.
    oldest = timedelta(days=min(policy.window_days, policy.expire_days))
    return candidates.Rules(
        now=now,
        since=now - oldest,
        until=now - timedelta(days=policy.delay_days),
        cooled_before=now - policy.cooldown,
        channels=tuple(channels),
        only=await candidates.find_addresses(connection, policy.only) if policy.only else None,
        require_consent=policy.require_consent,
        factor=int.from_bytes(seeded[:4]) >> 1 | 1,
        shift=int.from_bytes(seeded[4:8]) >> 1,
    )


async def _choose(connection: Connection, policy: Policy, company: Company, rules: candidates.Rules) -> _Found:
    await create_tables(connection)
    await candidates.fill_candidates(connection, rules, tuple(SkipReason))
    await picking.mark_same_person(connection, SkipReason.SAME_PERSON)
    counts = await picking.count_reasons(connection)
    eligible = counts.pop(None, 0)
    newest = await invitations.newest_id(connection)  # before counting: who comes between is reckoned with again
    left = policy.daily_limit - await queued_today(connection, company, rules.now)
    zones = await picking.eligible_zones(connection)
    if left > 0 and eligible > 0:
        due = {zone: next_open(policy, zone_named(zone, company.zone), rules.now) for zone in zones}
        expire = timedelta(days=policy.expire_days)
        await picking.choose(connection, due, limit=left if left < eligible else None, expire=expire)
    reasons = {SkipReason(str(reason)): count for reason, count in counts.items()}
    return _Found(reasons, eligible, min(eligible, max(left, 0)), newest)


def _report(found: _Found, overtaken: int, by_channel: Mapping[str, int]) -> Picked:
    eligible, picked = found.eligible - overtaken, sum(by_channel.values())
    counts = Counter(found.reasons)
    counts[SkipReason.COOLDOWN] += overtaken
    counts[SkipReason.DAILY_LIMIT] = eligible - picked
    skipped = {reason: counts[reason] for reason in SkipReason if counts[reason] > 0}
    return Picked(eligible=eligible, picked=picked, by_channel=by_channel, skipped=skipped)
