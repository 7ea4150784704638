"""Everything that is stored about one customer, for the customer to read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import (
    Address,
    Case,
    CaseEvent,
    Customer,
    CustomerComment,
    Delivery,
    Invitation,
    Referral,
    Response,
    Sale,
    SecondAnswer,
)
from storage.optouts import ADDRESSES
from storage.referrals import is_referred
from storage.statuses import CaseStep

Rows = list[Row[*tuple[Any, ...]]]


@dataclass(frozen=True, kw_only=True)
class MyData:
    """Rows as they stand in the tables."""

    customer: Row[*tuple[Any, ...]]
    addresses: Rows  # kind, value, opted_out_at
    sales: Rows  # external_id, sold_at, amount, currency, store, attributes
    questions: Rows  # channel, handed_at
    answers: Rows  # answered_at, score, source, comment, reasons, attachments
    seconds: Rows  # question, choice, answered_at
    is_referred: bool  # came by another customer's link
    friends: int  # who came by theirs
    comments: Rows  # at, text: written back without a score, or to the shop's people about a complaint
    letters: Rows  # at, text: what the shop's people wrote to them about a complaint


async def read_mydata(connection: AsyncConnection, customer_id: int) -> MyData:
    """The newest first."""

    async def read(statement: Any) -> Rows:
        return list((await connection.execute(statement)).all())

    theirs = (Invitation.customer_id == customer_id, Delivery.handed_at.is_not(None))
    asked = select(Delivery.channel, Delivery.handed_at).join(Invitation, Invitation.id == Delivery.invitation_id)
    addresses = select(Address.kind, Address.value, Address.opted_out_at).join(Customer, Address.id.in_(ADDRESSES))
    sales = select(Sale.external_id, Sale.sold_at, Sale.amount, Sale.currency, Sale.store, Sale.attributes)
    said = (Response.score, Response.source, Response.comment, Response.reasons, Response.attachments)
    answers = select(Response.answered_at, *said)
    seconds = select(SecondAnswer.question, SecondAnswer.choice, SecondAnswer.answered_at)
    friends = select(func.count()).select_from(Referral)
    comments = select(CustomerComment.at, CustomerComment.text).where(CustomerComment.customer_id == customer_id)
    back = union_all(comments, _written(customer_id, CaseStep.REPLIED)).subquery()
    told = _written(customer_id, CaseStep.ANSWERED).order_by(CaseEvent.at.desc(), CaseEvent.id.desc())
    return MyData(
        customer=(await read(select(Customer.__table__).where(Customer.id == customer_id)))[0],
        addresses=await read(addresses.where(Customer.id == customer_id).order_by(Address.kind)),
        sales=await read(sales.where(Sale.customer_id == customer_id).order_by(Sale.sold_at.desc())),
        questions=await read(asked.where(*theirs).order_by(Delivery.handed_at.desc())),
        answers=await read(answers.where(Response.customer_id == customer_id).order_by(Response.answered_at.desc())),
        seconds=await read(
            seconds.where(SecondAnswer.customer_id == customer_id, SecondAnswer.choice.is_not(None)).order_by(
                SecondAnswer.answered_at.desc()
            )
        ),
        is_referred=bool((await connection.execute(select(is_referred(customer_id)))).scalar_one()),
        friends=(await connection.execute(friends.where(Referral.referrer_id == customer_id))).scalar_one(),
        comments=await read(select(back).order_by(back.c.at.desc())),
        letters=await read(told),
    )


def _written(customer_id: int, kind: CaseStep) -> Select[datetime, str | None]:
    """(at, text) of what was written by one side about their complaints, and was not erased."""
    written = select(CaseEvent.at, CaseEvent.text).join(Case, Case.id == CaseEvent.case_id)
    return written.where(Case.customer_id == customer_id, CaseEvent.kind == kind, CaseEvent.text.is_not(None))
