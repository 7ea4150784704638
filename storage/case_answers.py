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
    found, before = [], None
    for row in await connection.execute(versions):
        before = row.opened_score if before is None else before
        if row.suspect is None and row.score != before:
            changed = before if before is None else f"{before} → {row.score}"
            found.append(Step(at=row.at, kind=CaseStep.RESCORED, by_name=None, text=changed))
            before = row.score
        elif row.suspect is not None and is_doubtful:
            found.append(Step(at=row.at, kind=CaseStep.DOUBTED, by_name=None, text=str(row.score)))
    return [step for step in found if step.text]
