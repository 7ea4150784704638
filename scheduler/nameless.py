"""Recording an answer of which nobody knows whose it is: once for each visit of a page or order of the shop's."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from nps.score import check_score
from scheduler import suspecting
from scheduler.answering import clean_comment
from scheduler.asking.policy import Policy
from scheduler.closing import follow
from scheduler.company import Company
from scheduler.suspecting import Suspicion
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
    day = company.local_day(said.at)
    first = {
        "channel": ResponseChannel.WEB, "suspect": said.suspect, "answered_at": said.at, "day": day, **beside, **words,
    }  # fmt: skip
    response_id, is_set_aside = await nameless.hold_named(connection, name, first), False
    if response_id is None:
        response_id, is_set_aside = await _change(connection, name, said, words, day=day, gives_way=gives_way)
    else:
        await responses.keep_version(connection, response_id, said.at)
    if not is_set_aside:
        await _tick(connection, policy, response_id, said, score)
    row: Any = await nameless.find_named(connection, name)
    if row.customer_id is not None:  # its sale came meanwhile: it was tied, and may be a case
        await follow(connection, policy, response_id, said.at)
    return Kept(score=row.score, comment=row.comment, reasons=tuple(row.reasons or ()), is_truncated=is_truncated)


async def _tick(connection: Connection, policy: Policy, response_id: int, said: Said, score: int) -> None:
    known = policy.reason_labels(score, "")
    if said.reasons is None:
        await keep_only(connection, response_id, known)
    else:
        await set_reasons(connection, response_id, tuple(one for one in known if one in said.reasons))


async def _change(
    connection: Connection, name: Mapping[str, str], said: Said, words: Mapping[str, Any], *, day: date, gives_way: bool
) -> tuple[int, bool]:
    """The answer's id, and whether this was kept beside it: what is suspect never displaces a person's."""
    row: Any = await nameless.find_named(connection, name, lock=True)
    suspect = await suspecting.find_burst(connection, row, words["score"], ResponseChannel.WEB, said.at) or said.suspect
    is_set_aside = False
    if suspect is not None:
        is_set_aside = await suspecting.doubt(
            connection, row, score=words["score"], channel=ResponseChannel.WEB, why=suspect, now=said.at
        )
        words = {column: words[column] for column in words if column != "score"}
    elif suspecting.is_doubtful(row) and gives_way:
        await suspecting.replace(connection, row, {"score": words["score"]}, now=said.at, day=day)
        await set_reasons(connection, row.id, ())
    if is_set_aside:
        await suspects.comment_aside(connection, row.id, words.get("comment", ""))
        return int(row.id), True
    row = await nameless.find_named(connection, name)
    changed = {column: value for column, value in words.items() if value != getattr(row, column)}
    if changed:
        await responses.change_response(connection, row.id, said.at, **changed)
    return int(row.id), False
