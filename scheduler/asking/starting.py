"""Starting a campaign: the same choice whether it is only looked at or queued, and queued in one transaction."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from scheduler.asking.campaigning import Campaign, CampaignProblem, find
from scheduler.asking.choosing import Looked, look, make_rules, take
from scheduler.asking.forecasting import Chosen, Outlook, Shop, foresee
from scheduler.asking.queueing import Queueing
from scheduler.asking.rules import SkipReason
from scheduler.tying import tie_orders
from storage import audiences, campaigns, candidates, invitations, picking
from storage.database import Connection, Database, Held
from storage.picking_tables import drop_tables
from storage.statuses import CampaignKind, CampaignStatus

EVER = datetime(1900, 1, 1, tzinfo=UTC)  # before any sale
DAY = timedelta(days=1)


async def start(database: Database, shop: Shop, name: str, now: datetime) -> Outlook:
    """draft → running with everybody queued, all or nothing, however many start it at once.

    :raises CampaignProblem: there is none, it is no draft any more, or nobody can be asked
    """
    async with database.read() as connection:
        campaign = await find(connection, name)
    if campaign.status is not CampaignStatus.DRAFT:
        raise _not_a_draft(campaign)
    await tie_orders(database, shop.policy, now)
    return await _choose(database, shop, campaign, now, is_real=True)


async def forecast(database: Database, shop: Shop, campaign: Campaign, now: datetime) -> Outlook:
    """What starting a campaign would come to; nothing is written.

    :raises CampaignProblem: none of its channels is on
    """
    return await _choose(database, shop, campaign, now, is_real=False)


async def _choose(database: Database, shop: Shop, campaign: Campaign, now: datetime, *, is_real: bool) -> Outlook:
    async with database.hold() as held:
        async with held.read() as connection:
            found = await look(connection, await _rules(connection, shop, campaign, now))
            await _take(connection, shop, campaign, found.eligible, now)
            outlook = await _outlook(connection, shop, campaign, found, now)
        if is_real and not outlook.queued:
            raise CampaignProblem("nobody", name=campaign.name)
        if is_real:
            outlook = await _queue(held, shop, Start(campaign, outlook, now))
        async with held.read() as connection:
            await drop_tables(connection)
    return outlook


async def _rules(connection: Connection, shop: Shop, campaign: Campaign, now: datetime) -> candidates.Rules:
    wanted = campaign.channels or tuple(name for name, _ in shop.channels)
    on = dict(shop.channels)
    channels = [(name, on[name]) for name in wanted if name in on]
    if not channels:
        raise CampaignProblem("no_channel", wanted=", ".join(campaign.channels or ()))
    seed = shop.policy.seed if campaign.audience.seed is None else campaign.audience.seed
    return await make_rules(
        connection,
        shop.policy,
        channels,
        now,
        period=_period(campaign, now),
        cooldown=campaign.cooldown(shop.policy),
        seed=str(seed),
        audience=campaign.audience.looked_at(per_sale=campaign.kind is CampaignKind.TRANSACTIONAL),
    )


def _period(campaign: Campaign, now: datetime) -> tuple[datetime, datetime]:
    """A little wider than the days of the audience, in any time zone: an index leads to it."""
    first, last = campaign.audience.sold_from, campaign.audience.sold_to
    since = datetime.combine(first, time.min, UTC) - DAY if first and first > EVER.date() else EVER
    until = datetime.combine(last, time.min, UTC) + 2 * DAY if last and last < now.date() else now
    return since, min(now, until)


async def _take(connection: Connection, shop: Shop, campaign: Campaign, eligible: int, now: datetime) -> None:
    choice = picking.Choice(
        limit=campaign.audience.sample_of(eligible),
        newest_first=False,
        about_sales=campaign.kind is CampaignKind.TRANSACTIONAL,
        expire=None,
        send_before=now + timedelta(days=shop.policy.expire_days),
    )
    await take(connection, shop.policy, shop.company, now, eligible=eligible, choice=choice)


async def _outlook(connection: Connection, shop: Shop, campaign: Campaign, found: Looked, now: datetime) -> Outlook:
    by_channel = await picking.count_channels(connection)
    queued = sum(by_channel.values())
    counts = Counter(found.reasons)
    counts[SkipReason.NOT_SAMPLED] = found.eligible - queued
    chosen = Chosen(
        audience=found.eligible + sum(found.reasons.values()),
        eligible=found.eligible,
        queued=queued,
        by_channel=by_channel,
        skipped={reason: counts[reason] for reason in SkipReason if counts[reason] > 0},
        unknown_names=await audiences.unknown_names(connection, campaign.audience.sales),
        by_language=await picking.count_languages(connection),
    )
    return await foresee(connection, chosen, shop, now)


async def _queue(held: Held, shop: Shop, claim: "Start") -> Outlook:
    async with held.read() as connection:
        newest = await invitations.newest_id(connection)
    link_until = claim.now + timedelta(days=shop.policy.link_days)
    queueing = Queueing(held, claim, claim.now, claim.campaign.cooldown(shop.policy), link_until, newest)
    await queueing.queue(claim.outcome.queued)
    async with held.read() as connection:
        return replace(claim.outcome, by_channel=await picking.count_channels(connection))


@dataclass
class Start:
    """Entitles to ask once: whoever gets the draft to run queues it, in the same transaction."""

    campaign: Campaign
    outcome: Outlook  # as queued in the end: who was asked by others meanwhile is in the cool-down
    now: datetime
    stretch: None = None

    async def take(self, connection: Connection) -> int:
        """:raises CampaignProblem: somebody else started or cancelled it"""
        number = self.campaign.id
        draft, running = (CampaignStatus.DRAFT,), CampaignStatus.RUNNING
        if number is None or not await campaigns.move(connection, number, draft, running, started_at=self.now):
            raise _not_a_draft(await find(connection, self.campaign.name))
        return number

    async def room(self, connection: Connection) -> None:
        """All who were chosen."""

    async def close(self, connection: Connection, queued: int) -> None:
        """Writes down what the start counted.

        :raises CampaignProblem: all of them were asked by others meanwhile
        """
        if not queued:
            raise CampaignProblem("nobody", name=self.campaign.name)
        self.outcome = self.outcome.after_losing(self.outcome.queued - queued)
        await campaigns.note(connection, self.campaign.id or 0, outlook=self.outcome.as_dict())


def _not_a_draft(campaign: Campaign) -> CampaignProblem:
    return CampaignProblem(
        "endless" if campaign.is_endless else "wrong_status",
        name=campaign.name, status=campaign.status, to=CampaignStatus.RUNNING,
    )  # fmt: skip
