"""From candidates to those chosen: the same rules for the daily round, a campaign and their dry runs."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.asking.policy import Policy
from scheduler.asking.rules import SkipReason
from scheduler.asking.windows import next_open, zone_named
from scheduler.company import Company
from storage import candidates, picking
from storage.database import Connection
from storage.due import due_at_once
from storage.picking_tables import create_tables

Channels = Sequence[tuple[str, str]]  # (name, AddressKind) of those that are on, in order of preference


@dataclass(frozen=True, kw_only=True)
class Looked:
    """All candidates, told apart."""

    reasons: Mapping[SkipReason, int]  # why the others are not asked
    eligible: int


async def make_rules(
    connection: Connection,
    policy: Policy,
    channels: Channels,
    now: datetime,
    *,
    period: tuple[datetime, datetime],
    cooldown: timedelta,
    seed: str,
    audience: candidates.Audience | None = None,
) -> candidates.Rules:
    """The rules at one moment.

    :param period: sales from … to, both included
    :param seed: of the order in which customers come; the same seed gives the same order
    """
    seeded = hashlib.sha256(seed.encode()).digest()
    return candidates.Rules(
        now=now,
        since=period[0],
        until=period[1],
        cooled_before=now - cooldown,
        channels=tuple(channels),
        only=await candidates.find_addresses(connection, policy.only) if policy.only else None,
        require_consent=policy.require_consent,
        audience=audience,
        factor=int.from_bytes(seeded[:4]) >> 1 | 1,
        shift=int.from_bytes(seeded[4:8]) >> 1,
    )


async def look(connection: Connection, rules: candidates.Rules) -> Looked:
    """Fills the table of candidates and counts them by reason."""
    await create_tables(connection)
    await candidates.fill_candidates(connection, rules, tuple(SkipReason))
    await picking.mark_same_person(connection, SkipReason.SAME_PERSON)
    counts = await picking.count_reasons(connection)
    eligible = counts.pop(None, 0)
    return Looked(reasons={SkipReason(str(reason)): count for reason, count in counts.items()}, eligible=eligible)


async def take(
    connection: Connection, policy: Policy, company: Company, now: datetime, *, eligible: int, choice: picking.Choice
) -> int:
    """Fills the table of those chosen, each due when the customer's window is open; returns how many they are."""
    chosen = eligible if choice.limit is None else min(eligible, max(choice.limit, 0))
    if chosen:
        zones = await picking.eligible_zones(connection)
        openings = {zone: next_open(policy, zone_named(zone, company.zone), now) for zone in zones}
        due = {zone: due_at_once(now) if opening <= now else opening for zone, opening in openings.items()}
        await picking.choose(connection, due, choice)
    return chosen
