"""Second questions: what is known of a customer before one is chosen, what was asked and answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.choices import SecondQuestion
from storage.models import Customer, Sale, SecondAnswer
from storage.referrals import is_referred
from storage.upserts import insert_into


@dataclass(frozen=True, kw_only=True)
class History:
    """What sales and the shop itself tell of a customer."""

    first_bought: datetime | None  # None: no sale of theirs is known
    known_since: datetime | None  # the earliest sale of the shop; None: there is none
    is_source_known: bool  # the shop has said how they came, or they came by a customer's link


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question that a customer was asked before."""

    last_at: datetime
    is_answered: bool


async def read_history(connection: AsyncConnection, customer_id: int) -> History:
    """Of a customer, whom the caller holds until the end: two answers at once must not ask the same."""
    held = select(Customer.acquired_by, is_referred(Customer.id).label("is_referred"))
    held = held.where(Customer.id == customer_id).with_for_update(of=Customer, key_share=True)
    customer = (await connection.execute(held)).one()
    bought = select(func.min(Sale.sold_at)).where(Sale.customer_id == customer_id, Sale.amount >= 0)
    return History(
        first_bought=(await connection.execute(bought)).scalar_one(),
        known_since=(await connection.execute(select(func.min(Sale.sold_at)))).scalar_one(),
        is_source_known=customer.acquired_by is not None or customer.is_referred,
    )


async def asked_before(connection: AsyncConnection, customer_id: int) -> dict[SecondQuestion, Asked]:
    """Every second question that a customer was asked."""
    statement = (
        select(SecondAnswer.question, func.max(SecondAnswer.asked_at).label("last_at"), func.count(SecondAnswer.choice))
        .where(SecondAnswer.customer_id == customer_id)
        .group_by(SecondAnswer.question)
    )
    rows = (await connection.execute(statement)).all()
    return {SecondQuestion(name): Asked(last_at=last_at, is_answered=count > 0) for name, last_at, count in rows}


async def ask(
    connection: AsyncConnection, response_id: int, customer_id: int, question: SecondQuestion, now: datetime
) -> bool:
    """Keeps that it is asked; False: another followed this answer already."""
    row = {"response_id": response_id, "customer_id": customer_id, "question": question, "asked_at": now}
    asked = insert_into(connection, SecondAnswer).values(**row).on_conflict_do_nothing(index_elements=["response_id"])
    return (await connection.execute(asked.returning(SecondAnswer.id))).scalar_one_or_none() is not None


async def find_second(connection: AsyncConnection, response_id: int) -> Any:
    """id, question, choice and answered_at of what followed an answer; None: nothing did."""
    columns = (SecondAnswer.id, SecondAnswer.question, SecondAnswer.choice, SecondAnswer.answered_at)
    return (await connection.execute(select(*columns).where(SecondAnswer.response_id == response_id))).one_or_none()


async def choose(connection: AsyncConnection, second_id: int, choice: str, now: datetime) -> None:
    """Stores what was chosen; the moment of the first choice stays."""
    answered_at = func.coalesce(SecondAnswer.answered_at, now)
    values = {"choice": choice, "answered_at": answered_at}
    await connection.execute(update(SecondAnswer).where(SecondAnswer.id == second_id).values(values))
