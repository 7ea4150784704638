"""Ad-hoc campaigns: described, paused, resumed, cancelled. `starting` starts them, `finishing` sees to their end."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from scheduler.asking.audience import Audience
from scheduler.asking.finishing import clear_cancelled
from scheduler.asking.policy import Policy
from storage import campaigns
from storage.database import Connection, Database
from storage.statuses import CampaignKind, CampaignStatus

LONGEST_QUESTION = 1_000  # characters: it stands in one message and one letter, with everything else
LONGEST_NAME = 100


class CampaignProblem(Exception):
    """A campaign that cannot be described, found or moved as asked: the reason, and what speaks of it."""

    def __init__(self, reason: str, **about: object) -> None:
        super().__init__(reason, about)
        self.reason = reason  # a word of REASONS
        self.about = about


REASONS = (
    "name_taken", "name_empty", "name_reserved", "unknown", "wrong_status", "endless", "ends_early", "below_zero",
    "no_sample", "no_share", "no_cooldown", "question", "question_long", "channel", "nobody", "no_channel",
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
        """The daily round, the one after cases or the question on the shop's site: never started and never end."""
        return self.name in campaigns.ENDLESS

    def cooldown(self, policy: Policy) -> timedelta:
        """Its own, or else the survey's; never under the hard floor of 24 hours."""
        return policy.cooldown_of(self.cooldown_days)


def usual_kind(audience: Audience) -> CampaignKind:
    """Where nobody says: about the sales that are described, else about the shop."""
    return CampaignKind.RELATIONSHIP if audience.sales.is_open else CampaignKind.TRANSACTIONAL


async def create(database: Database, draft: Campaign, policy: Policy, now: datetime) -> Campaign:
    """Keeps a draft.

    :raises CampaignProblem: its name, audience, question, channels or cool-down cannot be used
    """
    check(draft, policy)
    try:
        async with database.begin() as connection:
            return await create_in(connection, draft, policy, now)
    except campaigns.NameTaken as error:
        raise CampaignProblem("name_taken", name=draft.name) from error


async def create_in(connection: Connection, draft: Campaign, policy: Policy, now: datetime) -> Campaign:
    """The same within a transaction, which is spoilt by `NameTaken`.

    :raises CampaignProblem, NameTaken: see there
    """
    check(draft, policy)
    row = {
        "name": draft.name, "kind": draft.kind, "audience": draft.audience.as_dict(), "question": draft.question,
        "channels": list(draft.channels) if draft.channels else None, "cooldown_days": draft.cooldown_days,
        "created_at": now,
    }  # fmt: skip
    await campaigns.add_campaign(connection, row)
    return await find(connection, draft.name)


def check(draft: Campaign, policy: Policy) -> None:
    """:raises CampaignProblem: something of the draft cannot be used"""
    if not draft.name or len(draft.name) > LONGEST_NAME or not draft.name.isprintable():
        raise CampaignProblem("name_empty", most=LONGEST_NAME)
    if draft.is_endless or draft.name.isdecimal():
        raise CampaignProblem("name_reserved", name=draft.name)
    for reason, about in draft.audience.problems():
        raise CampaignProblem(reason, **about)
    if draft.cooldown_days is not None and not 0 <= draft.cooldown_days < 36500:
        raise CampaignProblem("no_cooldown", field="cooldown_days", value=f"{draft.cooldown_days:g}")
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
    async with database.begin() as connection:
        return await pause_in(connection, name, now)


async def pause_in(connection: Connection, name: str, now: datetime) -> Campaign:
    """The same within a transaction."""
    return await _move(connection, name, now, (CampaignStatus.RUNNING,), CampaignStatus.PAUSED)


async def resume(database: Database, name: str, now: datetime) -> Campaign:
    """paused → running: it goes on where it stopped.

    :raises CampaignProblem: there is none, or it isn't paused
    """
    async with database.begin() as connection:
        return await resume_in(connection, name, now)


async def resume_in(connection: Connection, name: str, now: datetime) -> Campaign:
    """The same within a transaction."""
    return await _move(connection, name, now, (CampaignStatus.PAUSED,), CampaignStatus.RUNNING)


async def cancel(database: Database, name: str, now: datetime) -> Campaign:
    """draft, running, paused → cancelled, at once; then its queue is emptied, and whoever wasn't asked is free again.

    :raises CampaignProblem: there is none, it is over, or it never ends
    """
    async with database.begin() as connection:
        await cancel_in(connection, name, now)
    await clear_cancelled(database, now)
    async with database.read() as connection:
        return await find(connection, name)


async def cancel_in(connection: Connection, name: str, now: datetime) -> Campaign:
    """The same within a transaction; the next round of sending empties the queue."""
    if (await find(connection, name)).is_endless:
        raise CampaignProblem("endless", name=name.strip())
    stoppable = (CampaignStatus.DRAFT, CampaignStatus.RUNNING, CampaignStatus.PAUSED)
    return await _move(connection, name, now, stoppable, CampaignStatus.CANCELLED)


async def _move(
    connection: Connection, name: str, now: datetime, start: tuple[CampaignStatus, ...], to: CampaignStatus
) -> Campaign:
    if name.strip() in campaigns.ENDLESS:
        await campaigns.ensure_endless(connection, name.strip(), now)
    campaign = await find(connection, name)
    if campaign.id is None or not await campaigns.move(connection, campaign.id, start, to):
        raise CampaignProblem("wrong_status", name=campaign.name, status=campaign.status, to=to)
    return await find(connection, name)
