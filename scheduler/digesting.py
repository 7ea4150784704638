"""The weekly digest told: each week once, whoever asks; the latest missed one made up for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from scheduler.asking.policy import WEEKDAYS
from scheduler.company import Company
from scheduler.figures.periods import Week
from scheduler.outbox import MessageKind, queue_message
from scheduler.schedule import DigestSchedule
from storage import outbox
from storage.counts import count_scores
from storage.database import Connection, Database
from storage.periods import claim_period
from storage.reach import first_invitation_at
from storage.statuses import OutboxStatus

JOB = "digest"


@dataclass(frozen=True)
class Target:
    """Whom a digest is told."""

    channel: str
    address: str  # chat id or e-mail address
    store: str | None = None  # whose figures alone; None: the whole shop's

    @property
    def job(self) -> str:
        """Its weeks are claimed under this name: the shop's digest is one, each store's another."""
        return JOB if self.store is None else f"{JOB}/{self.store}"


async def post_digest(
    database: Database, targets: Sequence[Target], week: Week, *, as_of: datetime, now: datetime
) -> bool:
    """Queues a week's digests for every target; False where that was done before, or there is no target.

    The shop's is claimed once and each store's once, so that a store's chat that is new gets its own. A digest that was
    refused for good everywhere never arrived: asked for again, it is queued again.

    :param as_of: the moment by which its figures are known
    """
    posted = [
        await _post(database, job, [target for target in targets if target.job == job], week, as_of=as_of, now=now)
        for job in dict.fromkeys(target.job for target in targets)
    ]
    return any(posted)


async def post_weekly(
    database: Database, company: Company, schedule: DigestSchedule, targets: Sequence[Target], now: datetime
) -> Week | None:
    """At the clock's time: posts the week that is due, if there is anything to tell; None: nothing was posted."""
    week = latest_due(company, schedule, now)
    async with database.read() as connection:
        anything = await _asked_by_then(connection, company, week) or await count_scores(
            connection, week.first, week.last
        )
    return week if anything and await post_digest(database, targets, week, as_of=now, now=now) else None


async def post_missed(
    database: Database, company: Company, schedule: DigestSchedule, targets: Sequence[Target], now: datetime
) -> Week | None:
    """At a start: posts the latest week that was due meanwhile; None where it was posted, or nobody was asked by then.

    Weeks before that one stay untold: a chat full of old news helps nobody.
    """
    week = latest_due(company, schedule, now)
    async with database.read() as connection:
        anything = await _asked_by_then(connection, company, week)
    return week if anything and await post_digest(database, targets, week, as_of=now, now=now) else None


def latest_due(company: Company, schedule: DigestSchedule, now: datetime) -> Week:
    """The latest week whose digest is due: the first such weekday and time after its Sunday has come."""
    week = Week.last_ended(now, company.zone)
    day = week.last + timedelta(days=1 + WEEKDAYS.index(schedule.weekday))
    due = datetime.combine(day, time.fromisoformat(schedule.time), company.zone)
    return week if due.astimezone(UTC) <= now else week.before(1)


async def told_of(database: Database, week: Week, targets: Sequence[Target]) -> list[outbox.MessageState]:
    """What became of a week's digests, target by target."""
    async with database.read() as connection:
        jobs = dict.fromkeys(target.job for target in targets)
        return [state for job in jobs for state in await outbox.message_states(connection, _prefix(job, week))]


async def _post(
    database: Database, job: str, targets: Sequence[Target], week: Week, *, as_of: datetime, now: datetime
) -> bool:
    async with database.begin() as connection:
        claimed = await claim_period(connection, job=job, period=str(week), now=now)
        if not claimed and not await _arrived_nowhere(connection, _prefix(job, week)):
            return False
        await outbox.remove_dead(connection, _prefix(job, week))
        for target in targets:
            await _queue(connection, target, week, as_of, now)
    return True


async def _asked_by_then(connection: Connection, company: Company, week: Week) -> bool:
    first = await first_invitation_at(connection)
    return first is not None and first < week.bounds(company.zone)[1]


async def _arrived_nowhere(connection: Connection, prefix: str) -> bool:
    states = await outbox.message_states(connection, prefix)
    return bool(states) and all(state.status == OutboxStatus.DEAD for state in states)


async def _queue(connection: Connection, target: Target, week: Week, as_of: datetime, now: datetime) -> None:
    key = f"{_prefix(target.job, week)}{target.channel}:{target.address}"
    payload = {"week": str(week), "as_of": as_of.isoformat()} | ({"store": target.store} if target.store else {})
    await queue_message(
        connection, key=key, kind=MessageKind.DIGEST, channel=target.channel, target=target.address, payload=payload,
        now=now,
    )  # fmt: skip


def _prefix(job: str, week: Week) -> str:
    return f"{job}:{week}:"
