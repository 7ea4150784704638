"""What is not going to be sent any more: cancelled with its reason, sent another way, its invitation closed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.cases import has_open_case
from storage.given import among
from storage.guards import stands_at
from storage.models import Address, Campaign, Customer, Delivery, Invitation
from storage.models.base import Base
from storage.obstacles import is_taken_back, lacks_consent
from storage.optouts import ADDRESSES
from storage.rehearsals import takes_part
from storage.remindable import still_fits
from storage.statuses import (
    NOT_HANDED_OVER,
    WAITING,
    AddressKind,
    CloseReason,
    DeliveryKind,
    DeliveryStatus,
    InvitationStatus,
)
from storage.upserts import insert_into

CASE_OPEN = "case_open"  # why a question was cancelled
Ids = Collection[int]
ADDRESS_OF = dict(zip((AddressKind.EMAIL, AddressKind.PHONE, AddressKind.TELEGRAM), ADDRESSES, strict=True))


async def cancel_expired(connection: AsyncConnection, ids: Ids, now: datetime) -> list[int]:
    """queued, leased → cancelled: those of the deliveries that are too old; ids of the invitations."""
    old = among(connection, Delivery.id, ids) & _invitation(Invitation.send_before <= now)
    return await _cancel(connection, old, "expired", now)


async def cancel_settled(connection: AsyncConnection, ids: Ids, now: datetime) -> list[int]:
    """queued, leased → cancelled: the invitation was answered or closed meanwhile; ids of the invitations."""
    over = among(connection, Delivery.id, ids) & _invitation(Invitation.status != InvitationStatus.OPEN)
    return await _cancel(connection, _due(now) & over, "not_open", now)


async def cancel_opted_out(connection: AsyncConnection, ids: Ids, now: datetime) -> list[int]:
    """queued, leased → cancelled: the customer, or somebody on that address, said stop; ids of the invitations."""
    by_customer = (
        select(Invitation.id)
        .join(Customer, Customer.id == Invitation.customer_id)
        .where(Invitation.id == Delivery.invitation_id, Customer.opted_out_at.is_not(None))
        .correlate(Delivery)
        .exists()
    )
    either = or_(by_customer, _address(Address.opted_out_at.is_not(None)))
    return await _cancel(connection, among(connection, Delivery.id, ids) & _due(now) & either, "opted_out", now)


async def cancel_case_open(connection: AsyncConnection, ids: Ids, now: datetime) -> list[int]:
    """queued, leased → cancelled: something that the customer complained of is open; ids of the invitations."""
    complained = among(connection, Delivery.id, ids) & _due(now) & _invitation(has_open_case(Invitation.customer_id))
    return await _cancel(connection, complained, CASE_OPEN, now)


async def cancel_waiting(connection: AsyncConnection, customer_id: int, now: datetime) -> list[int]:
    """The same, of everything that this customer is to be asked."""
    cancelled = await connection.execute(_of_whom_complains(), {"of": customer_id, "moment": now})
    return list(cancelled.scalars())


async def cancel_taken_back(connection: AsyncConnection, ids: Ids, now: datetime) -> list[int]:
    """queued, leased → cancelled: the sale was returned; ids of the invitations."""
    returned = among(connection, Delivery.id, ids) & _due(now) & _invitation(is_taken_back(Invitation.sale_id))
    return await _cancel(connection, returned, "returned", now)


async def cancel_without_consent(
    connection: AsyncConnection, ids: Ids, now: datetime, require_consent: bool
) -> list[int]:
    """queued, leased → cancelled: consent was withdrawn, or is to be on record and is not; ids of the invitations."""
    theirs = and_(Invitation.id == Delivery.invitation_id, Customer.id == Invitation.customer_id)
    unwilling = select(Invitation.id).where(theirs, lacks_consent(require_consent)).correlate(Delivery).exists()
    return await _cancel(connection, among(connection, Delivery.id, ids) & _due(now) & unwilling, "no_consent", now)


async def cancel_needless(connection: AsyncConnection, ids: Ids, now: datetime, require_consent: bool) -> list[int]:
    """queued, leased → cancelled: reminders of which something has come up since; ids of the invitations."""
    of_it = (Delivery.kind, Delivery.invitation_id, Delivery.channel, Delivery)
    needless = ~still_fits(*of_it, now=now, require_consent=require_consent)
    return await _cancel(connection, among(connection, Delivery.id, ids) & _due(now) & needless, "needless", now)


async def cancel_suppressed(connection: AsyncConnection, ids: Ids, now: datetime) -> list[int]:
    """queued, leased → cancelled: the address turned out to be dead since; ids of the deliveries."""
    dead = among(connection, Delivery.id, ids) & _due(now) & _address(Address.undeliverable_at.is_not(None))
    return await _cancel(connection, dead, "suppressed", now, Delivery.id)


async def suppress_addresses(
    connection: AsyncConnection, delivery_ids: Collection[int], reason: str, now: datetime
) -> None:
    """Nobody is asked on the addresses of these deliveries any more; one suppressed before keeps its reason."""
    theirs = select(Delivery.address_id).where(Delivery.id.in_(delivery_ids))
    await connection.execute(
        update(Address)
        .where(Address.id.in_(theirs), Address.undeliverable_at.is_(None))
        .values(undeliverable_at=now, undeliverable_reason=reason)
    )


async def load_questions(connection: AsyncConnection, delivery_ids: Collection[int]) -> list[Row[Any]]:
    """Of those deliveries that are no reminders: invitation_id, queued_at, when the customer was last asked, the
    campaign's status, channels and cooldown_days, whether a case of theirs is open (`complains`), and the customer's
    address id of each kind, by the kind's name.

    A reminder has no other channel to go to: its question has arrived on this one.
    """
    addresses: list[ColumnElement[Any]] = [column.label(kind.value) for kind, column in ADDRESS_OF.items()]
    statement: Select[*tuple[Any, ...]] = (
        select(
            Delivery.invitation_id, Invitation.queued_at, Customer.asked_at, Campaign.status, Campaign.channels,
            Campaign.cooldown_days, has_open_case(Invitation.customer_id).label("complains"), *addresses,
        )
        .join(Invitation, Invitation.id == Delivery.invitation_id)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .join(Customer, Customer.id == Invitation.customer_id)
        .where(Delivery.id.in_(delivery_ids), Delivery.kind == DeliveryKind.QUESTION)
        .where(Invitation.status == InvitationStatus.OPEN, Customer.opted_out_at.is_(None))
        .order_by(Delivery.invitation_id)
    )  # fmt: skip
    return list((await connection.execute(statement)).all())


async def take_address(
    connection: AsyncConnection, address_id: int, *, queued_at: datetime, cooled_before: datetime,
    only: Collection[str],
) -> bool:  # fmt: skip
    """Whether an invitation may use this address of its customer; it is marked as asked with the invitation.

    :param queued_at: the invitation's: the address may have been marked by it, or must have cooled down before
    """
    cooled = or_(
        Address.asked_at.is_(None),
        Address.asked_at == queued_at,
        and_(Address.asked_at < queued_at, Address.asked_at <= cooled_before),
    )
    willing = Address.opted_out_at.is_(None) & Address.undeliverable_at.is_(None) & takes_part(only)
    fits = update(Address).where(Address.id == address_id, cooled, willing)
    taken = await connection.execute(fits.values(asked_at=queued_at).returning(Address.id))
    return taken.scalar_one_or_none() is not None


async def queue_question(
    connection: AsyncConnection, invitation_id: int, channel: str, address_id: int, due: datetime
) -> bool:
    """A delivery of the question on a further channel; False where that channel had one already."""
    row = select(
        Invitation.id, Invitation.campaign_id, literal(DeliveryKind.QUESTION.value), literal(channel),
        literal(address_id), literal(DeliveryStatus.QUEUED.value), literal(0), literal(due, Delivery.due_at.type),
    ).where(Invitation.id == invitation_id)  # fmt: skip
    into = ["invitation_id", "campaign_id", "kind", "channel", "address_id", "status", "attempts", "due_at"]
    insert = insert_into(connection, Delivery).from_select(into, row).on_conflict_do_nothing().returning(Delivery.id)
    return (await connection.execute(insert)).scalar_one_or_none() is not None


async def tried_channels(connection: AsyncConnection, invitation_id: int) -> set[str]:
    """The channels on which an invitation's question has or had a delivery."""
    statement = select(Delivery.channel).where(
        Delivery.invitation_id == invitation_id, Delivery.kind == DeliveryKind.QUESTION
    )
    return set((await connection.execute(statement)).scalars())


async def close_invitations(connection: AsyncConnection, ids: Sequence[int], reason: CloseReason) -> list[int]:
    """open → closed, where nothing was handed over and nothing is going to be; ids of those that were closed."""
    alive = select(Delivery.id).where(Delivery.invitation_id == Invitation.id, Delivery.status.not_in(NOT_HANDED_OVER))
    closed = await connection.execute(
        update(Invitation)
        .where(Invitation.id.in_(ids), Invitation.status == InvitationStatus.OPEN, ~alive.exists())
        .values(status=InvitationStatus.CLOSED, closed_reason=reason)
        .returning(Invitation.id)
    )
    return list(closed.scalars())


def _due(now: datetime) -> ColumnElement[bool]:
    return Delivery.due_at <= now  # what is due later is looked at then


def _invitation(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return _one_of(Invitation, Invitation.id == Delivery.invitation_id, condition)


def _address(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return _one_of(Address, Address.id == Delivery.address_id, condition)


def _one_of(model: type[Base], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(1).select_from(model).where(*conditions).correlate(Delivery).exists()


@cache
def _of_whom_complains() -> Any:
    """Run with every case that is opened, so it is built once."""
    theirs = select(Invitation.id).where(
        Invitation.customer_id == bindparam("of"), Invitation.status == InvitationStatus.OPEN
    )
    return _cancelling(Delivery.invitation_id.in_(theirs), CASE_OPEN, bindparam("moment"), Delivery.invitation_id)


async def _cancel(
    connection: AsyncConnection, condition: ColumnElement[bool], reason: str, now: datetime,
    returned: Any = Delivery.invitation_id,
) -> list[int]:  # fmt: skip
    return list((await connection.execute(_cancelling(condition, reason, now, returned))).scalars())


def _cancelling(condition: ColumnElement[bool], reason: str, at: Any, returned: Any) -> Any:
    return (
        update(Delivery)
        .where(stands_at(*WAITING), condition)
        .values(status=DeliveryStatus.CANCELLED, reason=reason, settled_at=at)
        .returning(returned)
    )
