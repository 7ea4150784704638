"""One customer: found by number, their addresses and who shares them, what they were asked and answered."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from storage import remindable
from storage.models import Address, Campaign, Customer, Delivery, Invitation, Response, Sale
from storage.numbers import as_imported, by_number
from storage.optouts import ADDRESSES
from storage.pauses import is_everything_paused
from storage.statuses import CampaignStatus

AnyRow = Row[*tuple[Any, ...]]
MOST_SHOWN = 5  # of other customers' numbers


@dataclass(frozen=True, kw_only=True)
class Held:
    """An address of a customer."""

    id: int
    kind: str  # AddressKind
    asked_at: datetime | None
    opted_out_at: datetime | None
    undeliverable_at: datetime | None
    undeliverable_reason: str | None
    shared_with: tuple[str, ...]  # the shop's numbers of some others who have it


async def find_customer(connection: AsyncConnection, number: str) -> AnyRow | None:
    """The customer (every column) of a number as a person writes it; 17850.0 is 17850. None: there is none."""
    numbered = select(Customer.__table__).where(Customer.external_id == bindparam("number"))
    return await by_number(connection, numbered, number)


async def near_numbers(connection: AsyncConnection, number: str) -> list[str]:
    """Numbers that differ in case or leading zeros only."""
    core = as_imported(number).lower().lstrip("0")
    alike = func.ltrim(func.lower(Customer.external_id), "0") == core
    found = await connection.execute(
        select(Customer.external_id).where(alike).order_by(Customer.external_id).limit(MOST_SHOWN)
    )
    return list(found.scalars())


async def find_addresses(connection: AsyncConnection, customer_id: int) -> list[Held]:
    """A customer's addresses, each with others who have it."""
    found = await connection.execute(
        select(Address.__table__).join(Customer, Address.id.in_(ADDRESSES)).where(Customer.id == customer_id)
    )
    return [
        Held(
            id=row.id, kind=row.kind, asked_at=row.asked_at, opted_out_at=row.opted_out_at,
            undeliverable_at=row.undeliverable_at, undeliverable_reason=row.undeliverable_reason,
            shared_with=await _others_with(connection, row.id, customer_id),
        )
        for row in found.all()
    ]  # fmt: skip


async def find_email(connection: AsyncConnection, customer_id: int) -> str | None:
    """A customer's e-mail address, or None."""
    found = select(Address.value).join(Customer, Customer.email_address_id == Address.id)
    return (await connection.execute(found.where(Customer.id == customer_id))).scalar_one_or_none()


async def find_namesakes(connection: AsyncConnection, customer_id: int) -> tuple[int, ...]:
    """The customer, and all who share an e-mail address or phone with them."""
    other = aliased(Customer)
    shared = or_(
        Customer.email_address_id == other.email_address_id, Customer.phone_address_id == other.phone_address_id
    )
    found = await connection.execute(select(Customer.id).join(other, shared).where(other.id == customer_id))
    return (customer_id, *(one for one in found.scalars().unique() if one != customer_id))


async def find_invitations(connection: AsyncConnection, customer_id: int) -> list[AnyRow]:
    """Every invitation with its campaign (is_paused: that or everything), sale and answer, the newest first."""
    found = await connection.execute(
        select(
            Invitation.id,
            Campaign.name.label("campaign"),
            or_(Campaign.status == CampaignStatus.PAUSED, is_everything_paused()).label("is_paused"),
            Sale.external_id.label("sale"),
            Invitation.status,
            Invitation.closed_reason,
            Invitation.queued_at,
            Response.score,
            Response.answered_at,
        )
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .outerjoin(Sale, Sale.id == Invitation.sale_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(Invitation.customer_id == customer_id)
        .order_by(Invitation.queued_at.desc(), Invitation.id.desc())
    )
    return list(found.all())


async def find_deliveries(connection: AsyncConnection, invitation_ids: Collection[int]) -> list[AnyRow]:
    """Every delivery of some invitations, in the order in which they were made."""
    columns = (
        Delivery.invitation_id, Delivery.kind, Delivery.channel, Delivery.status, Delivery.reason, Delivery.attempts,
        Delivery.due_at, Delivery.handed_at, Delivery.settled_at,
    )  # fmt: skip
    wanted = select(*columns).where(Delivery.invitation_id.in_(invitation_ids)).order_by(Delivery.id)
    return list((await connection.execute(wanted)).all())


async def find_remindable(connection: AsyncConnection, rules: remindable.Rules, customer_id: int) -> list[AnyRow]:
    """(handed_at, send_before, link_until) of the questions of which the customer may be reminded."""
    found = await connection.execute(
        select(Delivery.handed_at, Invitation.send_before, Invitation.link_until)
        .join(Invitation, Invitation.id == Delivery.invitation_id)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .join(Customer, Customer.id == Invitation.customer_id)
        .join(Address, Address.id == Delivery.address_id)
        .where(Invitation.customer_id == customer_id, remindable.is_remindable(rules))
    )
    return list(found.all())


async def _others_with(connection: AsyncConnection, address_id: int, customer_id: int) -> tuple[str, ...]:
    owns = or_(*(column == address_id for column in ADDRESSES))
    others = select(Customer.external_id).where(owns, Customer.id != customer_id)
    return tuple((await connection.execute(others.order_by(Customer.external_id).limit(MOST_SHOWN))).scalars())
