"""Cases of unhappy customers, from open to resolved (closed loop): the one place where a case moves."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduler.asking.policy import Policy
from scheduler.asking.withdrawing import withdraw
from scheduler.carding import Notice, queue_notice
from storage import cases
from storage.attachments import kinds_of
from storage.case_answers import changes_of_answer, worse_since_resolved
from storage.cases import PastScore, Step
from storage.database import Connection
from storage.recovery import give_occasion_back
from storage.statuses import AddressKind, CaseStatus, CaseStep

NOTE_LIMIT = 10_000  # characters; more than a message of Telegram holds
UNRESOLVED = (CaseStatus.OPEN, CaseStatus.TAKEN, CaseStatus.CONTACTED)


class NoSuchCase(Exception):
    """No case has this number."""


class CaseMoved(Exception):
    """The case stands elsewhere meanwhile: somebody was quicker."""


class TakenAlready(CaseMoved):
    """Somebody sees to the case: it changes hands only where it is handed over."""

    def __init__(self, owner: str | None, name: str | None) -> None:
        super().__init__(f"{name} has it")
        self.owner, self.name = owner, name


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who does it."""

    id: str  # Telegram user id
    name: str


@dataclass(frozen=True, kw_only=True)
class CaseCard:
    """Everything that a card shows."""

    id: int
    status: CaseStatus
    owner: str | None  # Telegram user id
    owner_name: str | None
    note: str | None
    opened_at: datetime
    resolved_at: datetime | None
    snoozed_until: datetime | None
    reminded_at: datetime | None  # when it was called overdue
    opened_score: int | None  # the score that opened it; None: it is older than the program that keeps it
    score: int
    is_doubtful: bool  # the answer as it stands may be no person's
    comment: str | None
    reasons: list[str]  # keys
    files: list[str]  # AttachmentKind of what the customer sent
    customer: str  # the shop's number
    customer_name: str | None
    email: str | None
    phone: str | None
    has_chat: bool
    sale: str | None  # the shop's number
    sold_on: date | None
    amount: int | None  # minor units
    currency: str | None
    store: str | None
    manager: str | None
    past: list[PastScore]
    steps: list[Step]


async def follow(connection: Connection, policy: Policy, response_id: int, now: datetime) -> None:
    """After an answer was stored or changed: an unhappy one becomes a case, one that has a case changes its card; where
    that was resolved and the customer is unhappier since, or says more, it is opened again.

    Suspect answers become cases only once somebody accepted them; an answer of nobody known never does.
    """
    response = await cases.find_response(connection, response_id)
    if response is None or response.customer_id is None:
        return
    counts = response.suspect is None or response.accepted_at is not None
    is_unhappy = counts and policy.case_score is not None and response.score <= policy.case_score
    if is_unhappy and await cases.open_case(connection, response, now) is not None:
        await withdraw(connection, response.customer_id, now)
        return
    worse = await worse_since_resolved(connection, response_id) if is_unhappy else None
    if worse is None:
        await cases.touch_case_of(connection, response_id)
        return
    step = await reopen(connection, worse, None, now)
    await queue_notice(connection, worse, Notice.WORSE, cause=str(step), channel=AddressKind.TELEGRAM, now=now)


async def take(connection: Connection, case_id: int, by: Person, now: datetime) -> None:
    """open → taken.

    :raises NoSuchCase, CaseMoved, TakenAlready: as they say
    """
    owner = {"owner": by.id, "owner_name": by.name}
    if not await cases.move_case(connection, case_id, (CaseStatus.OPEN,), status=CaseStatus.TAKEN, **owner):
        raise await _why_not_taken(connection, case_id)
    await _keep(connection, case_id, CaseStep.TAKEN, by, now)


async def release(connection: Connection, case_id: int, by: Person, now: datetime) -> None:
    """taken → open: somebody else may see to it.

    :raises NoSuchCase, CaseMoved: as they say
    """
    await _move(connection, case_id, (CaseStatus.TAKEN,), CaseStatus.OPEN, owner=None, owner_name=None)
    await _keep(connection, case_id, CaseStep.RELEASED, by, now)


async def contact(connection: Connection, case_id: int, by: Person, now: datetime) -> None:
    """open, taken → contacted: the customer was spoken to; an open one is theirs who did.

    :raises NoSuchCase, CaseMoved: as they say
    """
    owner = {"owner": by.id, "owner_name": by.name}
    contacted = CaseStatus.CONTACTED
    if not await cases.move_case(connection, case_id, (CaseStatus.OPEN,), status=contacted, **owner):
        await _move(connection, case_id, (CaseStatus.TAKEN,), contacted)
    await _keep(connection, case_id, CaseStep.CONTACTED, by, now)


async def hand_over(connection: Connection, case_id: int, to: Person, by: Person, now: datetime) -> bool:
    """Somebody else sees to it from now on; an open one is theirs. False: it was theirs before.

    :raises NoSuchCase, CaseMoved: as they say
    """
    row = await cases.load_case(connection, case_id)
    if row is None:
        raise NoSuchCase
    stands = CaseStatus(row.status)
    if stands not in UNRESOLVED:
        raise CaseMoved
    if stands is not CaseStatus.OPEN and row.owner == to.id:
        return False
    after = CaseStatus.TAKEN if stands is CaseStatus.OPEN else stands
    await _move(connection, case_id, (stands,), after, owner=to.id, owner_name=to.name)
    await _keep(connection, case_id, CaseStep.HANDED, by, now, text=to.name)
    return True


async def snooze(connection: Connection, case_id: int, until: datetime, by: Person, now: datetime) -> None:
    """Nobody is reminded of it before then.

    :raises NoSuchCase, CaseMoved: as they say
    """
    if not await cases.move_case(connection, case_id, UNRESOLVED, snoozed_until=until):
        raise NoSuchCase if await cases.load_case(connection, case_id) is None else CaseMoved
    await _keep(connection, case_id, CaseStep.SNOOZED, by, now, text=until.isoformat())


async def resolve(connection: Connection, policy: Policy, case_id: int, by: Person, now: datetime) -> None:
    """Any other → resolved; the customer is asked again after policy.case_pause_days, not by what may still wait.

    :raises NoSuchCase, CaseMoved: as they say
    """
    await _move(connection, case_id, UNRESOLVED, CaseStatus.RESOLVED, resolved_at=now)
    await _keep(connection, case_id, CaseStep.RESOLVED, by, now)
    row = await cases.load_case(connection, case_id)
    if row is not None:
        await withdraw(connection, row.customer_id, now)
        await give_occasion_back(connection, case_id)
        await cases.hold_back(connection, row.customer_id, now + timedelta(days=policy.case_pause_days))


async def reopen(connection: Connection, case_id: int, by: Person | None, now: datetime) -> int:
    """resolved → open: it was not settled after all, and needs a note anew. What the customer was to be asked is
    withdrawn; once it is resolved again, they are asked whether it is better then. The number of the step.

    :param by: None: what the customer said did it
    :raises NoSuchCase, CaseMoved: as they say
    """
    row = await cases.load_case(connection, case_id)
    if row is None:
        raise NoSuchCase
    if row.status != CaseStatus.RESOLVED:
        raise CaseMoved
    nobodys = {"owner": None, "owner_name": None, "note": None, "resolved_at": None}
    # As if it had been put off until now: reminders count from this moment, each is said once more.
    unsaid = {"snoozed_until": now, "nudged_for": now, "reminded_at": None, "escalated_at": None}
    await _move(connection, case_id, (CaseStatus.RESOLVED,), CaseStatus.OPEN, **nobodys, **unsaid)
    await withdraw(connection, row.customer_id, now)
    await give_occasion_back(connection, case_id)
    return await _keep(connection, case_id, CaseStep.REOPENED, by, now)


async def note(connection: Connection, case_id: int, text: str, by: Person, now: datetime) -> None:
    """How it was resolved, in the words of whoever did; a later note takes the place of an earlier one.

    :raises NoSuchCase: there is none
    """
    kept = text.replace("\x00", "").strip()[:NOTE_LIMIT]
    if not await cases.move_case(connection, case_id, tuple(CaseStatus), note=kept):
        raise NoSuchCase
    await _keep(connection, case_id, CaseStep.NOTED, by, now, text=kept)


async def card_of(connection: Connection, case_id: int) -> CaseCard:
    """:raises NoSuchCase: there is none"""
    row = await cases.load_case(connection, case_id)
    if row is None:
        raise NoSuchCase
    is_doubtful = row.suspect is not None and row.accepted_at is None
    steps = await cases.steps_of(connection, case_id)
    changed = await changes_of_answer(connection, case_id, is_doubtful=is_doubtful)
    made = {"status", "reasons", "files", "has_chat", "past", "steps", "is_doubtful"}
    plain = set(CaseCard.__dataclass_fields__) - made
    return CaseCard(
        **{name: getattr(row, name) for name in plain},
        status=CaseStatus(row.status),
        reasons=row.reasons or [],
        is_doubtful=is_doubtful,
        files=kinds_of(row.attachments),
        has_chat=row.telegram_address_id is not None,
        past=await cases.past_scores(connection, case_id),
        steps=sorted([*steps, *changed], key=lambda step: step.at),
    )


async def _why_not_taken(connection: Connection, case_id: int) -> Exception:
    row = await cases.load_case(connection, case_id)
    if row is None:
        return NoSuchCase()
    return CaseMoved() if row.status == CaseStatus.RESOLVED else TakenAlready(row.owner, row.owner_name)


async def _move(
    connection: Connection, case_id: int, start: Collection[CaseStatus], to: CaseStatus, **values: object
) -> None:
    if not await cases.move_case(connection, case_id, start, status=to, **values):
        raise NoSuchCase if await cases.load_case(connection, case_id) is None else CaseMoved


async def _keep(
    connection: Connection, case_id: int, kind: CaseStep, by: Person | None, now: datetime, *, text: str | None = None
) -> int:
    who = {"by": by.id, "by_name": by.name} if by else {}
    return await cases.add_step(connection, case_id, kind, now, text=text, **who)
