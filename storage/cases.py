"""Cases: opened once per unhappy answer, moved by guarded UPDATEs, read with everything that a card shows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute, aliased

from storage.models import Address, Case, CaseEvent, Customer, Response, Sale
from storage.statuses import CaseStatus, CaseStep
from storage.stores import of_store
from storage.upserts import insert_for

PAST_SCORES = 5  # shown beside a case, the newest first
# What every answer runs, built once.
ANSWER = select(Response.id, Response.customer_id, Response.score, Response.suspect, Response.accepted_at).where(
    Response.id == bindparam("of")
)
STEP = insert(CaseEvent).returning(CaseEvent.id)
TOUCHED = update(Case).where(Case.response_id == bindparam("of")).values(version=Case.version + 1)


@dataclass(frozen=True, kw_only=True)
class PastScore:
    """An earlier or later answer of the same customer."""

    day: date
    score: int


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something done about a case."""

    at: datetime
    kind: CaseStep
    by_name: str | None
    text: str | None


async def find_response(connection: AsyncConnection, response_id: int) -> Any:
    """id, customer_id, score, suspect and accepted_at of a response."""
    return (await connection.execute(ANSWER, {"of": response_id})).one_or_none()


async def open_case(connection: AsyncConnection, response: Any, now: datetime) -> int | None:
    """The id of a new case; None: this answer has one already.

    :param response: as `find_response` gives it
    """
    row = {
        "response_id": response.id, "customer_id": response.customer_id, "opened_score": response.score,
        "status": CaseStatus.OPEN, "opened_at": now, "version": 1, "told_version": 0,
    }  # fmt: skip
    case_id: int | None = (await connection.execute(_opened(connection.dialect.name), row)).scalar_one_or_none()
    if case_id is not None:
        await add_step(connection, case_id, CaseStep.OPENED, now)
    return case_id


@cache
def _opened(engine: str) -> Any:
    return insert_for(engine, Case).on_conflict_do_nothing(index_elements=["response_id"]).returning(Case.id)


async def touch_case_of(connection: AsyncConnection, response_id: int) -> None:
    """What its card shows of the answer has changed."""
    await connection.execute(TOUCHED, {"of": response_id})


async def move_case(connection: AsyncConnection, case_id: int, start: Collection[CaseStatus], **values: Any) -> bool:
    """One arrow of `CaseStatus`; False where it stood elsewhere."""
    moved = await connection.execute(
        update(Case)
        .where(Case.id == case_id, Case.status.in_(start))
        .values(version=Case.version + 1, **values)
        .returning(Case.id)
    )
    return moved.scalar_one_or_none() is not None


async def add_step(
    connection: AsyncConnection, case_id: int, kind: CaseStep, at: datetime, *, by: str | None = None,
    by_name: str | None = None, text: str | None = None,
) -> int:  # fmt: skip
    """Keeps what was done; its number."""
    row = {"case_id": case_id, "kind": kind, "at": at, "by": by, "by_name": by_name, "text": text}
    step_id: int = (await connection.execute(STEP, row)).scalar_one()
    return step_id


async def take_untold(connection: AsyncConnection, limit: int) -> list[tuple[int, int]]:
    """(case, version) of the cards that show less than there is to show; from now on they count as told."""
    untold = (
        select(Case.id)
        .where(Case.version > Case.told_version)
        .order_by(Case.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("untold")
    )
    told = await connection.execute(
        update(Case)
        .where(Case.id.in_(select(untold.c.id)), Case.version > Case.told_version)
        .values(told_version=Case.version)
        .returning(Case.id, Case.version)
    )
    return sorted((row.id, row.version) for row in told)


async def find_origins(connection: AsyncConnection, ids: Collection[int]) -> dict[int, tuple[str | None, str | None]]:
    """{case: (store, manager) of the sale that it speaks of}."""
    statement = (
        select(Case.id, Sale.store, Sale.manager)
        .join_from(Case, Response, Response.id == Case.response_id)
        .outerjoin(Sale, Sale.id == Response.sale_id)
        .where(Case.id.in_(ids))
    )
    return {row.id: (row.store, row.manager) for row in await connection.execute(statement)}


async def stand_at(connection: AsyncConnection, case_id: int, chat: str, topic: int | None) -> None:
    """Where its card is told from now on."""
    await connection.execute(update(Case).where(Case.id == case_id).values(chat=chat, topic=topic))


async def load_case(connection: AsyncConnection, case_id: int) -> Any:
    """The case with its answer, sale, customer and addresses; None: there is none."""
    email, phone = aliased(Address), aliased(Address)
    statement = (
        select(
            Case.id, Case.status, Case.owner, Case.owner_name, Case.note, Case.opened_at, Case.resolved_at,
            Case.snoozed_until, Case.reminded_at, Case.escalated_at, Case.chat, Case.topic, Case.version,
            Case.customer_id, Case.opened_score, Response.suspect, Response.accepted_at,
            Response.score, Response.comment, Response.reasons, Response.attachments,
            Response.answered_at,
            Customer.external_id.label("customer"), Customer.name.label("customer_name"),
            Customer.telegram_address_id, email.value.label("email"), phone.value.label("phone"),
            Sale.external_id.label("sale"), Sale.sold_on, Sale.amount, Sale.currency, Sale.store, Sale.manager,
        )
        .join_from(Case, Response, Response.id == Case.response_id)
        .join(Customer, Customer.id == Case.customer_id)
        .outerjoin(Sale, Sale.id == Response.sale_id)
        .outerjoin(email, email.id == Customer.email_address_id)
        .outerjoin(phone, phone.id == Customer.phone_address_id)
        .where(Case.id == case_id)
    )  # fmt: skip
    return (await connection.execute(statement)).one_or_none()


async def past_scores(connection: AsyncConnection, case_id: int) -> list[PastScore]:
    """The customer's other answers, the newest first."""
    mine = select(Case.customer_id, Case.response_id).where(Case.id == case_id).subquery()
    statement = (
        select(Response.day, Response.score)
        .join(mine, mine.c.customer_id == Response.customer_id)
        .where(Response.id != mine.c.response_id)
        .order_by(Response.answered_at.desc(), Response.id.desc())
        .limit(PAST_SCORES)
    )
    return [PastScore(day=row.day, score=row.score) for row in await connection.execute(statement)]


async def steps_of(connection: AsyncConnection, case_id: int) -> list[Step]:
    """Everything that was done, in order."""
    statement = (
        select(CaseEvent.at, CaseEvent.kind, CaseEvent.by_name, CaseEvent.text)
        .where(CaseEvent.case_id == case_id)
        .order_by(CaseEvent.id)
    )
    return [
        Step(at=row.at, kind=CaseStep(row.kind), by_name=row.by_name, text=row.text)
        for row in await connection.execute(statement)
    ]


async def unresolved(connection: AsyncConnection, limit: int, *, store: str | None = None) -> list[int]:
    """Ids of the cases that are not resolved, the oldest first.

    :param store: about sales of this store alone
    """
    wanted = select(Case.id).where(*_unresolved(store)).order_by(Case.opened_at, Case.id).limit(limit)
    return list((await connection.execute(wanted)).scalars())


async def list_ids(connection: AsyncConnection, *, resolved_too: bool, limit: int) -> list[int]:
    """Ids of cases, the newest first."""
    wanted = select(Case.id).order_by(Case.opened_at.desc(), Case.id.desc()).limit(limit)
    if not resolved_too:
        wanted = wanted.where(Case.status != CaseStatus.RESOLVED)
    return list((await connection.execute(wanted)).scalars())


async def count_unresolved(connection: AsyncConnection, *, store: str | None = None) -> int:
    """How many cases are not resolved, of one store or all."""
    counted = select(func.count()).select_from(Case).where(*_unresolved(store))
    return (await connection.execute(counted)).scalar_one()


def _unresolved(store: str | None) -> list[ColumnElement[bool]]:
    waiting = Case.status != CaseStatus.RESOLVED
    if store is None:
        return [waiting]
    return [waiting, of_store(sale_of_case(), store)]


def sale_of_case() -> ScalarSelect[int | None]:
    """The sale that a case speaks of, in a statement about cases."""
    return select(Response.sale_id).where(Response.id == Case.response_id).correlate(Case).scalar_subquery()


async def hold_back(connection: AsyncConnection, customer_id: int, until: datetime) -> None:
    """The customer is not asked before that moment; a later one stays."""
    is_sooner = Customer.not_before.is_(None) | (Customer.not_before < until)
    await connection.execute(update(Customer).where(Customer.id == customer_id, is_sooner).values(not_before=until))


def has_open_case(customer_id: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """A case of the customer is not resolved: until it is, nobody asks them anything."""
    return select(Case.id).where(Case.customer_id == customer_id, Case.status != CaseStatus.RESOLVED).exists()
