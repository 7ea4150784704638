"""Answers by a public link: each visit of its page is one answer at the most, and nobody knows whose."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nps.score import check_score
from scheduler.answering import UnknownInvitation, clean_comment
from scheduler.asking.policy import Policy
from scheduler.company import Company
from scheduler.suspecting import BURST, BURST_SCORES, Suspicion
from storage import counters, responses, suspects
from storage.database import Connection
from storage.functions import is_token
from storage.reasons import keep_only, set_reasons
from storage.statuses import ResponseChannel, ResponseSource


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A form sent from a public link's page."""

    number: str  # of that showing of the page; nobody else has it
    score: object
    text: str
    reasons: Collection[str] | None  # keys of those ticked; None: there were none to tick
    at: datetime
    suspect: Suspicion | None


@dataclass(frozen=True, kw_only=True)
class VisitAnswer:
    """The answer of a visit as it stands."""

    score: int
    comment: str | None
    reasons: tuple[str, ...]  # keys of those that were ticked
    is_truncated: bool  # only the beginning of the comment was kept


async def require_counter(connection: Connection, token: str) -> int:
    """The id of a public link.

    :raises UnknownInvitation: it leads nowhere
    """
    row = await counters.find_counter(connection, token) if is_token(token) else None
    if row is None:
        raise UnknownInvitation
    return int(row.id)


async def is_answered(connection: Connection, number: str) -> bool:
    """Whether the visit has left an answer already."""
    return await counters.find_visit(connection, number) is not None


async def record_visit(
    connection: Connection, policy: Policy, company: Company, *, token: str, visit: Visit
) -> VisitAnswer:
    """Stores or changes the answer of a visit, its history kept.

    :raises NotAScore: it is no whole number from 0 to 10
    :raises UnknownInvitation: the link leads nowhere
    """
    score = check_score(visit.score)
    counter_id = await require_counter(connection, token)
    comment, is_truncated = clean_comment(visit.text)
    said = {"score": score, **({"comment": comment} if comment else {})}
    response_id = await _store(connection, company, counter_id, visit, said)
    if response_id is None:
        response_id = await _change(connection, counter_id, visit, said)
    known = policy.reason_labels(score, "")
    if visit.reasons is None:
        await keep_only(connection, response_id, known)
    else:
        await set_reasons(connection, response_id, tuple(one for one in known if one in visit.reasons))
    row: Any = await counters.find_visit(connection, visit.number)
    return VisitAnswer(
        score=row.score, comment=row.comment, reasons=tuple(row.reasons or ()), is_truncated=is_truncated
    )


async def _store(
    connection: Connection, company: Company, counter_id: int, visit: Visit, said: dict[str, Any]
) -> int | None:
    """None: the visit has its answer already."""
    answer = {
        "counter_id": counter_id, "visit": visit.number, "suspect": visit.suspect, "channel": ResponseChannel.WEB,
        "source": ResponseSource.COUNTER, "answered_at": visit.at, "day": company.local_day(visit.at),
    }  # fmt: skip
    response_id = await counters.hold_visit(connection, {**answer, **said})
    if response_id is not None:
        await responses.keep_version(connection, response_id, visit.at)
    return response_id


async def _change(connection: Connection, counter_id: int, visit: Visit, said: dict[str, Any]) -> int:
    row = await counters.find_visit(connection, visit.number, lock=True)
    if row is None or row.counter_id != counter_id:
        raise UnknownInvitation
    lately = await suspects.scores_since(connection, row.response_id, visit.at - BURST)
    is_burst = len(lately | {said["score"]}) >= BURST_SCORES
    suspect = Suspicion.MANY_SCORES if is_burst else visit.suspect
    changed = {name: value for name, value in said.items() if value != getattr(row, name)}
    if suspect and row.suspect is None:
        changed["suspect"] = suspect
    if changed:
        await responses.change_response(connection, row.response_id, visit.at, **changed)
    return int(row.response_id)
