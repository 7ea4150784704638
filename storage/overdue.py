"""Cases that wait for too long: what was said of each, once."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Case
from storage.statuses import CaseStatus

IS_UNRESOLVED = Case.status != CaseStatus.RESOLVED


async def minded(connection: AsyncConnection, now: datetime) -> Sequence[Row[*tuple[Any, ...]]]:
    """Unresolved cases of which there may be something to say, the oldest first; those put off are left alone."""
    columns = (Case.id, Case.opened_at, Case.snoozed_until, Case.reminded_at, Case.escalated_at)
    is_awake = or_(Case.snoozed_until.is_(None), Case.snoozed_until <= now)
    has_more = or_(
        Case.reminded_at.is_(None),
        Case.escalated_at.is_(None),
        and_(Case.snoozed_until.is_not(None), or_(Case.nudged_for.is_(None), Case.nudged_for != Case.snoozed_until)),
    )
    wanted = select(*columns).where(IS_UNRESOLVED, Case.chat.is_not(None), is_awake, has_more)
    return (await connection.execute(wanted.order_by(Case.opened_at, Case.id))).all()


async def note_reminded(connection: AsyncConnection, case_id: int, now: datetime) -> bool:
    """Whether the caller is the one to say that it is overdue."""
    return await _note(connection, case_id, Case.reminded_at.is_(None), reminded_at=now, version=Case.version + 1)


async def note_escalated(connection: AsyncConnection, case_id: int, now: datetime) -> bool:
    """Whether the caller is the one to take it higher up."""
    return await _note(connection, case_id, Case.escalated_at.is_(None), escalated_at=now)


async def note_called_back(connection: AsyncConnection, case_id: int, until: datetime) -> bool:
    """Whether the caller is the one to call it back to mind, once for each time it was put off."""
    is_new = or_(Case.nudged_for.is_(None), Case.nudged_for != until)
    return await _note(connection, case_id, and_(is_new, Case.snoozed_until == until), nudged_for=until)


async def age_cards(connection: AsyncConnection, today: date, *, opened: tuple[datetime, datetime]) -> None:
    """Cards of unresolved cases opened between these moments are told anew, once a day."""
    is_behind = or_(Case.aged_on.is_(None), Case.aged_on < today)
    aged = update(Case).where(IS_UNRESOLVED, is_behind, Case.opened_at >= opened[0], Case.opened_at < opened[1])
    await connection.execute(aged.values(aged_on=today, version=Case.version + 1))


async def _note(connection: AsyncConnection, case_id: int, is_new: Any, **values: Any) -> bool:
    noted = update(Case).where(Case.id == case_id, IS_UNRESOLVED, is_new).values(**values).returning(Case.id)
    return (await connection.execute(noted)).scalar_one_or_none() is not None
