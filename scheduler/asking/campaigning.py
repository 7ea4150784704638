"""Ad-hoc campaigns from draft to end: described, paused, resumed, cancelled, finished. `starting` starts them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from scheduler.asking.audience import Audience
from scheduler.asking.policy import Policy
from scheduler.asking.reminding import reminded_since
from scheduler.asking.rerouting import end
from storage import campaign_queue, campaigns
from storage.database import Connection, Database
from storage.statuses import CampaignKind, CampaignStatus, CloseReason

STRETCH = 2_000  # deliveries cancelled in one transaction
LONGEST_QUESTION = 1_000  # characters: it stands in one message and one letter, with everything else
LONGEST_NAME = 100


class CampaignProblem(Exception):
    """A campaign that cannot be described, found or moved as asked: the reason, and what speaks of it."""

    def __init__(self, reason: str, **about: object) -> None:
        super().__init__(reason, about)
        self.reason = reason  # a word of REASONS
        self.about = about


REASONS = (
    "name_taken", "name_empty", "name_reserved", "unknown", "wrong_status", "endless", "setting", "question", "channel",
    "nobody", "no_channel",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A campaign as it is kept."""

    id: int | None  # None: a draft that is not kept yet
    name: str
    kind: CampaignKind
    status: CampaignStatus = CampaignStatus.DRAFT
    audience: Audience = field(default_factory=Audience)
    question: dict[str, str] | None = None  # language → own wording; None: the survey's
    channels: tuple[str, ...] | None = None  # in order of preference; None: the survey's
    cooldown_days: float | None = None  # None: the survey's
    outlook: dict[str, Any] | None = None  # what its start counted
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def is_endless(self) -> bool:
        """The daily round or the question on the shop's site, which are never started and never end."""
        return self.name in campaigns.ENDLESS

    def cooldown(self, policy: Policy) -> timedelta:
        """Its own, or else the survey's; never under the hard floor of 24 hours."""
        return policy.cooldown_of(self.cooldown_days)


async def create(database: Database, draft: Campaign, policy: Policy, now: datetime) -> Campaign:
    """Keeps a draft.

    :raises CampaignProblem: its name, audience, question, channels or cool-down cannot be used
    """
    check(draft, policy)
    row = {
        "name": draft.name, "kind": draft.kind, "audience": draft.audience.as_dict(), "question": draft.question,
        "channels": list(draft.channels) if draft.channels else None, "cooldown_days": draft.cooldown_days,
        "created_at": now,
    }  # fmt: skip
    try:
        async with database.begin() as connection:
            number = await campaigns.add_campaign(connection, row)
            return read(await campaigns.find_campaign(connection, draft.name) if number else None)
    except campaigns.NameTaken as error:
        raise CampaignProblem("name_taken", name=draft.name) from error


def check(draft: Campaign, policy: Policy) -> None:
    """:raises CampaignProblem: something of the draft cannot be used"""
    if not draft.name or len(draft.name) > LONGEST_NAME or not draft.name.isprintable():
        raise CampaignProblem("name_empty", most=LONGEST_NAME)
    if draft.is_endless or draft.name.isdecimal():
        raise CampaignProblem("name_reserved", name=draft.name)
    for setting, wrong in draft.audience.problems():
        raise CampaignProblem("setting", setting=setting, wrong=wrong)
    if draft.cooldown_days is not None and not 0 <= draft.cooldown_days < 36500:
        wrong = f"{draft.cooldown_days:g} is not between 0 and 36500"
        raise CampaignProblem("setting", setting="cooldown_days", wrong=wrong)
    for channel in draft.channels or ():
        if channel not in policy.channels:
            raise CampaignProblem("channel", channel=channel, known=", ".join(policy.channels))
    for text in (draft.question or {}).values():
        if not text.strip():
            raise CampaignProblem("question")
        if len(text) > LONGEST_QUESTION:
            raise CampaignProblem("question_long", count=len(text), most=LONGEST_QUESTION)


async def find(connection: Connection, name: str) -> Campaign:
    """The campaign of that name or number.

    :raises CampaignProblem: there is none
    """
    row = await campaigns.find_campaign(connection, name.strip())
    if row is None:
        raise CampaignProblem("unknown", name=name)
    return read(row)


def read(row: Any) -> Campaign:
    """A row of the table as a campaign."""
    return Campaign(
        id=row.id,
        name=row.name,
        kind=CampaignKind(row.kind),
        status=CampaignStatus(row.status),
        audience=Audience.from_dict(row.audience or {}),
        question=row.question,
        channels=tuple(row.channels) if row.channels else None,
        cooldown_days=row.cooldown_days,
        outlook=row.outlook,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


async def pause(database: Database, name: str, now: datetime) -> Campaign:
    """running → paused: from now on nothing of it is handed over, not even what was leased.

    :raises CampaignProblem: there is none, or it doesn't run
    """
    return await _move(database, name, now, (CampaignStatus.RUNNING,), CampaignStatus.PAUSED)


async def resume(database: Database, name: str, now: datetime) -> Campaign:
    """paused → running: it goes on where it stopped.

    :raises CampaignProblem: there is none, or it isn't paused
    """
    return await _move(database, name, now, (CampaignStatus.PAUSED,), CampaignStatus.RUNNING)


async def cancel(database: Database, name: str, now: datetime) -> Campaign:
    """draft, running, paused → cancelled, at once; then its queue is emptied, and whoever wasn't asked is free again.

    :raises CampaignProblem: there is none, it is over, or it never ends
    """
    async with database.read() as connection:
        if (await find(connection, name)).is_endless:
            raise CampaignProblem("endless", name=name.strip())
    stoppable = (CampaignStatus.DRAFT, CampaignStatus.RUNNING, CampaignStatus.PAUSED)
    await _move(database, name, now, stoppable, CampaignStatus.CANCELLED)
    await clear_cancelled(database, now)
    async with database.read() as connection:
        return await find(connection, name)


async def clear_cancelled(database: Database, now: datetime) -> int:
    """Empties the queues of cancelled campaigns, a stretch a transaction; how many deliveries were cancelled.

    Repeated at each sending, because a process may have died in the middle of it.
    """
    async with database.read() as connection:
        uncleared = await campaigns.uncleared_ones(connection)
    return sum([await _clear(database, campaign_id, now) for campaign_id in uncleared])


async def finish_done(database: Database, policy: Policy, now: datetime) -> list[int]:
    """running → finished, for campaigns of which nothing is left to hand over; their ids.

    finished → running, where something came back into the queue: a bounced question goes to its next channel.
    """
    since = reminded_since(policy, now)
    async with database.read() as connection:
        done = [
            campaign_id
            for campaign_id in await campaigns.running_ones(connection)
            if not await campaign_queue.is_anything_left(connection, campaign_id, since)
        ]
    finished = []
    for campaign_id in done:
        async with database.begin() as connection:
            running = (CampaignStatus.RUNNING,)
            if await campaigns.move(connection, campaign_id, running, CampaignStatus.FINISHED, finished_at=now):
                finished.append(campaign_id)
    await reopen_refilled(database)
    return finished


async def reopen_refilled(database: Database) -> None:
    """finished → running, where something came back into the queue."""
    async with database.read() as connection:
        refilled = await campaigns.refilled_ones(connection)
    for campaign_id in refilled:
        async with database.begin() as connection:
            finished = (CampaignStatus.FINISHED,)
            await campaigns.move(connection, campaign_id, finished, CampaignStatus.RUNNING, finished_at=None)


async def _move(
    database: Database, name: str, now: datetime, start: tuple[CampaignStatus, ...], to: CampaignStatus
) -> Campaign:
    async with database.begin() as connection:
        if name.strip() in campaigns.ENDLESS:
            await campaigns.ensure_endless(connection, name.strip(), now)
        campaign = await find(connection, name)
        if campaign.id is None or not await campaigns.move(connection, campaign.id, start, to):
            raise CampaignProblem("wrong_status", name=campaign.name, status=campaign.status, to=to)
        return await find(connection, name)


async def _clear(database: Database, campaign_id: int, now: datetime) -> int:
    cleared = 0
    while True:
        stretch = await database.write(lambda connection: _clear_stretch(connection, campaign_id, now))
        if not stretch:
            return cleared
        cleared += stretch


async def _clear_stretch(connection: Connection, campaign_id: int, now: datetime) -> int:
    invitations = await campaign_queue.cancel_stretch(connection, campaign_id, STRETCH, now)
    if invitations:
        await end(connection, invitations, CloseReason.CANCELLED)
    # What is being handed over right now may yet come back into the queue.
    elif not await campaign_queue.is_unsettled(connection, campaign_id):
        await campaigns.note(connection, campaign_id, finished_at=now)
    return len(invitations)
