"""What became of the answer that a case is about after the case was opened, read from the answer's versions."""

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.cases import Step
from storage.models import Case, Response, ResponseChange
from storage.statuses import CaseStatus, CaseStep

# What every change of an unhappy answer runs, built once.
RESOLVED = (
    select(Case.id, Case.resolved_at, Response.score, Response.comment)
    .join(Response, Response.id == Case.response_id)
    .where(Case.response_id == bindparam("of"), Case.status == CaseStatus.RESOLVED)
)


async def changes_of_answer(connection: AsyncConnection, case_id: int, *, is_doubtful: bool) -> list[Step]:
    """Each change of the score, in order; suspect versions only where the answer now stands as one.

    :param is_doubtful: the answer as it stands may be no person's
    """
    versions = (
        select(ResponseChange.at, ResponseChange.score, ResponseChange.suspect, Case.opened_score)
        .join(Case, Case.response_id == ResponseChange.response_id)
        .where(Case.id == case_id, ResponseChange.at >= Case.opened_at)
        .order_by(ResponseChange.id)
    )
    found: list[Step] = []
    before: int | None = None  # of a case that is older than the program that keeps its score, nobody knows
    for row in await connection.execute(versions):
        before = row.opened_score if before is None else before
        if row.suspect is not None:
            doubted = Step(at=row.at, kind=CaseStep.DOUBTED, by_name=None, text=str(row.score))
            found += [doubted] if is_doubtful else []
        elif row.score != before:
            changed = Step(at=row.at, kind=CaseStep.RESCORED, by_name=None, text=f"{before} → {row.score}")
            found += [] if before is None else [changed]
            before = row.score
    return found


async def worse_since_resolved(connection: AsyncConnection, response_id: int) -> int | None:
    """The resolved case of an answer whose score has fallen, or whose comment is another one, since; None: there is
    none, or it stands as it did. Taps to and fro that end where they began are no change."""
    now = (await connection.execute(RESOLVED, {"of": response_id})).one_or_none()
    if now is None:
        return None
    versions = (
        select(ResponseChange.score, ResponseChange.comment)
        .where(ResponseChange.response_id == response_id, ResponseChange.at <= now.resolved_at)
        .order_by(ResponseChange.suspect.is_not(None), ResponseChange.id.desc())  # a person's before a program's
        .limit(1)
    )
    then = (await connection.execute(versions)).one_or_none()
    if then is None:
        return None
    is_worse = now.score < then.score or (now.comment and now.comment != then.comment)
    return now.id if is_worse else None
