"""Recording an answer of which nobody knows whose it is: once for each visit of a page or order of the shop's."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nps.score import check_score
from scheduler import suspecting
from scheduler.answering import clean_comment
from scheduler.asking.policy import Policy
from scheduler.company import Company
from scheduler.suspecting import BURST, BURST_SCORES, Suspicion
from storage import nameless, responses, suspects
from storage.database import Connection
from storage.reasons import keep_only, set_reasons
from storage.statuses import ResponseChannel


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a page's form says."""

    score: object
    text: str
    reasons: Collection[str] | None  # keys of those ticked; None: there were none to tick
    at: datetime
    suspect: Suspicion | None


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The answer as it stands."""

    score: int
    comment: str | None
    reasons: tuple[str, ...]  # keys of those that are ticked
    is_truncated: bool  # only the beginning of the comment was kept


async def record_nameless(
    connection: Connection, policy: Policy, company: Company, said: Said, *, name: Mapping[str, str],
    beside: Mapping[str, Any], gives_way: bool = False,
) -> Kept:  # fmt: skip
    """Stores or changes the answer of that name, its history kept.

    :param name: a unique column of the answer and its value
    :param beside: more columns of a first answer
    :param gives_way: a suspect answer does, to one that is beyond doubt
    :raises NotAScore: it is no whole number from 0 to 10
    """
    score = check_score(said.score)
    comment, is_truncated = clean_comment(said.text)
    words = {"score": score, **({"comment": comment} if comment else {})}
    first = {
        "channel": ResponseChannel.WEB, "suspect": said.suspect, "answered_at": said.at,
        "day": company.local_day(said.at), **beside, **words,
    }  # fmt: skip
    response_id = await nameless.hold_named(connection, name, first)
    if response_id is None:
        response_id = await _change(connection, name, said, words, gives_way=gives_way)
    else:
        await responses.keep_version(connection, response_id, said.at)
    known = policy.reason_labels(score, "")
    if said.reasons is None:
        await keep_only(connection, response_id, known)
    else:
        await set_reasons(connection, response_id, tuple(one for one in known if one in said.reasons))
    row: Any = await nameless.find_named(connection, name)
    return Kept(score=row.score, comment=row.comment, reasons=tuple(row.reasons or ()), is_truncated=is_truncated)


async def _change(
    connection: Connection, name: Mapping[str, str], said: Said, words: Mapping[str, Any], *, gives_way: bool
) -> int:
    """The answer's id."""
    row: Any = await nameless.find_named(connection, name, lock=True)
    lately = await suspects.scores_since(connection, row.id, said.at - BURST)
    is_burst = len(lately | {words["score"]}) >= BURST_SCORES
    suspect = Suspicion.MANY_SCORES if is_burst else said.suspect
    changed = {column: value for column, value in words.items() if value != getattr(row, column)}
    if row.suspect is None and suspect:
        changed["suspect"] = suspect
    if suspecting.is_doubtful(row) and suspect is None and gives_way:
        changed["suspect"] = None
    if changed:
        await responses.change_response(connection, row.id, said.at, **changed)
    return int(row.id)
