"""What became of the answer that a case is about after the case was opened, read from the answer's versions."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.cases import Step
from storage.models import Case, ResponseChange
from storage.statuses import CaseStep


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
