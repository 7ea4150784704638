"""What the shop and a customer write to each other about a case: who can be reached how, what was said last."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, ScalarSelect, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from storage.models import (
    Address,
    Case,
    CaseEvent,
    Customer,
    Delivery,
    Invitation,
    OutboxMessage,
    Response,
    ResponseChange,
)
from storage.outbox import begins
from storage.statuses import AddressKind, CaseStep, DeliveryKind, OutboxStatus, ResponseChannel

AnyRow = Row[*tuple[Any, ...]]


async def find_reach(connection: AsyncConnection, case_id: int) -> AnyRow | None:
    """Of a case: its status, the answer's channel, the invitation's token, the customer with chat and e-mail address,
    whether each works (NULL where there is none), the phone, the letter that asked, when the customer last answered
    us or wrote back. None: there is no such case."""
    chat, email, phone = aliased(Address), aliased(Address), aliased(Address)
    letter = (
        select(Delivery.reference)
        .where(Delivery.invitation_id == Response.invitation_id, Delivery.channel == AddressKind.EMAIL)
        .where(Delivery.kind == DeliveryKind.QUESTION)
        .correlate(Response)
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(
            Case.status, Case.customer_id, Response.channel, Invitation.token, Customer.language,
            Customer.opted_out_at, Customer.name.label("customer_name"), phone.value.label("phone"),
            chat.value.label("chat"), chat.undeliverable_at.is_(None).label("chat_works"),
            chat.opted_out_at.label("chat_opted_out_at"), email.value.label("email"),
            email.undeliverable_at.is_(None).label("email_works"), email.opted_out_at.label("email_opted_out_at"),
            letter.label("letter"), _last_answered().label("answered_us_at"), _last_replied().label("replied_at"),
        )
        .join_from(Case, Response, Response.id == Case.response_id)
        .join(Customer, Customer.id == Case.customer_id)
        .outerjoin(Invitation, Invitation.id == Response.invitation_id)
        .outerjoin(chat, chat.id == Customer.telegram_address_id)
        .outerjoin(email, email.id == Customer.email_address_id)
        .outerjoin(phone, phone.id == Customer.phone_address_id)
        .where(Case.id == case_id)
    )  # fmt: skip
    return (await connection.execute(statement)).one_or_none()


async def last_answer_to_chat(connection: AsyncConnection, chat: str, since: datetime) -> AnyRow | None:
    """(case_id, at) of the newest answer of the shop's to the customer of a chat since then, or None."""
    theirs = Address.kind == AddressKind.TELEGRAM, Address.value == chat
    statement = _answers(since).join(Address, Address.id == Customer.telegram_address_id).where(*theirs)
    return (await connection.execute(statement)).one_or_none()


async def is_case_of_chat(connection: AsyncConnection, case_id: int, chat: str) -> bool:
    """Whether the case is that of the chat's customer."""
    theirs = (
        select(Case.id)
        .join(Customer, Customer.id == Case.customer_id)
        .join(Address, Address.id == Customer.telegram_address_id)
        .where(Case.id == case_id, Address.kind == AddressKind.TELEGRAM, Address.value == chat)
    )
    return (await connection.execute(theirs)).one_or_none() is not None


async def last_answer_to_customer(connection: AsyncConnection, customer_id: int, since: datetime) -> AnyRow | None:
    """The same for a customer by their id here."""
    return (await connection.execute(_answers(since).where(Customer.id == customer_id))).one_or_none()


async def last_case_answered(connection: AsyncConnection, response_id: int, since: datetime) -> int | None:
    """The case of an answer, where the shop has written to its customer about it since then; else None."""
    found = (await connection.execute(_answers(since).where(Case.response_id == response_id))).one_or_none()
    return found.case_id if found else None


async def is_question(connection: AsyncConnection, invitation_id: int, reference: str) -> bool:
    """Whether an invitation was handed over as the letter of that reference."""
    asked = select(Delivery.id).where(Delivery.invitation_id == invitation_id, Delivery.reference == reference)
    return bool(reference) and (await connection.execute(select(asked.exists()))).scalar_one()


async def case_of_letter(connection: AsyncConnection, response_id: int, reference: str, prefix: str) -> int | None:
    """The case of an answer, where the shop has written to its customer about it in the letter of that reference.

    :param prefix: how the keys of such letters begin; the case's number follows
    """
    found = await connection.execute(select(Case.id).where(Case.response_id == response_id))
    case_id: int | None = found.scalar_one_or_none()
    if case_id is None or not reference:
        return None
    wrote = select(OutboxMessage.id).where(begins(f"{prefix}:{case_id}:"), OutboxMessage.reference == reference)
    return case_id if (await connection.execute(select(wrote.exists()))).scalar_one() else None


async def last_score_of_chat(connection: AsyncConnection, chat: str) -> datetime | None:
    """When a score was last given or changed in the chat; None: never."""
    statement = (
        select(func.max(Response.answered_at), func.max(Response.changed_at))
        .join(Customer, Customer.id == Response.customer_id)
        .join(Address, Address.id == Customer.telegram_address_id)
        .where(Address.kind == AddressKind.TELEGRAM, Address.value == chat, Response.channel == AddressKind.TELEGRAM)
    )
    moments = [moment for moment in (await connection.execute(statement)).one() if moment is not None]
    return max(moments, default=None)


async def step_text(connection: AsyncConnection, step_id: int) -> str | None:
    """What was said; None: it was erased."""
    return (await connection.execute(select(CaseEvent.text).where(CaseEvent.id == step_id))).scalar_one_or_none()


async def lost_answers(connection: AsyncConnection, kind: str, limit: int) -> Sequence[AnyRow]:
    """(id, key, error) of the newest messages of that kind that were refused for good."""
    dead = select(OutboxMessage.id, OutboxMessage.key, OutboxMessage.error).where(
        OutboxMessage.status == OutboxStatus.DEAD, OutboxMessage.kind == kind
    )
    return (await connection.execute(dead.order_by(OutboxMessage.id.desc()).limit(limit))).all()


def _last_answered() -> ScalarSelect[datetime]:
    """When the customer of a case last gave or changed an answer themselves."""
    theirs = select(Response.id).where(Response.customer_id == Case.customer_id).correlate(Case)
    given = select(func.max(ResponseChange.at)).where(
        ResponseChange.response_id.in_(theirs), ResponseChange.suspect.is_(None),
        ResponseChange.channel != ResponseChannel.MANUAL,
    )  # fmt: skip
    return given.correlate(Case).scalar_subquery()


def _last_replied() -> ScalarSelect[datetime]:
    replied = select(func.max(CaseEvent.at)).where(CaseEvent.case_id == Case.id, CaseEvent.kind == CaseStep.REPLIED)
    return replied.correlate(Case).scalar_subquery()


def _answers(since: datetime) -> Select[int, datetime]:
    return (
        select(CaseEvent.case_id, CaseEvent.at)
        .join(Case, Case.id == CaseEvent.case_id)
        .join(Customer, Customer.id == Case.customer_id)
        .where(CaseEvent.kind == CaseStep.ANSWERED, CaseEvent.at >= since)
        .order_by(CaseEvent.id.desc())
        .limit(1)
    )
