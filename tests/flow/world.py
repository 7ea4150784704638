"""A small shop for tests: a customer with a sale, an invitation and its delivery, straight in the tables."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.asking.policy import Policy
from scheduler.company import Company
from storage.database import Database
from storage.models import Address, Campaign, Case, Customer, Delivery, Invitation, Rate, Response, Sale
from storage.statuses import AddressKind, CampaignStatus, CaseStatus, DeliveryKind, DeliveryStatus, InvitationStatus

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # a Wednesday, 15:00 in Moscow
COMPANY = Company(name="Лавка")
POLICY = Policy()


@dataclass(frozen=True)
class Seeded:
    """Ids of what `ask_customer` made."""

    customer_id: int
    sale_id: int
    invitation_id: int
    delivery_id: int
    token: str


async def add_customer(connection: AsyncConnection, number: str = "1", **values: Any) -> int:
    """A customer; email=, phone= and telegram= become addresses."""
    for kind in AddressKind:
        value = values.pop(kind.value, None)
        if value is not None:
            values[f"{kind.value}_address_id"] = await ensure_address(connection, kind, value)
    row = {"external_id": number, "lot": secrets.randbelow(2**31), "created_at": NOW, "updated_at": NOW, **values}
    return (await connection.execute(insert(Customer).values(**row).returning(Customer.id))).scalar_one()


async def ensure_address(connection: AsyncConnection, kind: AddressKind, value: str) -> int:
    """The id of an address, made where there was none."""
    found = await connection.execute(select(Address.id).where(Address.kind == kind, Address.value == value))
    standing = found.scalar_one_or_none()
    if standing is not None:
        return standing
    made = await connection.execute(insert(Address).values(kind=kind, value=value).returning(Address.id))
    return made.scalar_one()


async def add_sale(connection: AsyncConnection, customer_id: int | None, number: str = "S1", **values: Any) -> int:
    """A sale of five days ago, 1,000.00 RUB, unless said otherwise."""
    sold_at = values.pop("sold_at", NOW - timedelta(days=5))
    row = {
        "external_id": number, "customer_id": customer_id, "sold_at": sold_at, "sold_on": COMPANY.local_day(sold_at),
        "amount": 100_000, "currency": "RUB", **values,
    }  # fmt: skip
    return (await connection.execute(insert(Sale).values(**row).returning(Sale.id))).scalar_one()


async def ensure_campaign(connection: AsyncConnection) -> int:
    """The daily round's campaign."""
    found = (await connection.execute(select(Campaign.id).where(Campaign.name == "daily"))).scalar_one_or_none()
    if found is not None:
        return found
    row = {"name": "daily", "kind": "transactional", "status": CampaignStatus.RUNNING, "created_at": NOW}
    return (await connection.execute(insert(Campaign).values(**row).returning(Campaign.id))).scalar_one()


async def ask_customer(
    connection: AsyncConnection,
    number: str = "1",
    *,
    channel: str = "telegram",
    status: DeliveryStatus = DeliveryStatus.SENT,
    queued_at: datetime = NOW - timedelta(hours=2),
    **customer: Any,
) -> Seeded:
    """A customer who was asked about a sale, by default in the Telegram chat 1000 + number; sale= has its values."""
    if channel == "telegram":
        customer.setdefault("telegram", str(1000 + int(number)))
    else:
        customer.setdefault("email", f"c{number}@example.test")
    sale = customer.pop("sale", {})
    customer_id = await add_customer(connection, number, **customer)
    sale_id = await add_sale(connection, customer_id, f"S{number}", **sale)
    token = secrets.token_urlsafe(16)
    campaign_id = await ensure_campaign(connection)
    invitation = {
        "token": token, "campaign_id": campaign_id, "customer_id": customer_id,
        "sale_id": sale_id, "occasion": f"sale:{sale_id}", "status": InvitationStatus.OPEN, "asked": True,
        "queued_at": queued_at, "send_before": queued_at + timedelta(days=25),
        "link_until": queued_at + timedelta(days=60),
    }  # fmt: skip
    made = await connection.execute(insert(Invitation).values(**invitation).returning(Invitation.id))
    invitation_id = made.scalar_one()
    kind = AddressKind.TELEGRAM if channel == "telegram" else AddressKind.EMAIL
    delivery = {
        "invitation_id": invitation_id, "campaign_id": campaign_id, "kind": DeliveryKind.QUESTION, "channel": channel,
        "address_id": await ensure_address(connection, kind, customer[kind.value]), "status": status, "attempts": 0,
        "due_at": queued_at, "handed_at": queued_at if status == DeliveryStatus.SENT else None,
    }  # fmt: skip
    handed = await connection.execute(insert(Delivery).values(**delivery).returning(Delivery.id))
    return Seeded(customer_id, sale_id, invitation_id, handed.scalar_one(), token)


async def complain(connection: AsyncConnection, customer_id: int, at: datetime = NOW) -> None:
    """A case of the customer's is open, and nothing else of theirs has changed."""
    answer = {
        "customer_id": customer_id,
        "score": 2,
        "channel": "email",
        "answered_at": at,
        "day": COMPANY.local_day(at),
    }
    given = await connection.execute(insert(Response).values(answer).returning(Response.id))
    case = {"response_id": given.scalar_one(), "customer_id": customer_id, "opened_score": 2, "status": CaseStatus.OPEN}
    await connection.execute(insert(Case).values(**case, opened_at=at, version=1, told_version=1))


async def let_the_wait_end(database: Database) -> None:
    """What a channel was asked to wait runs on the database's clock, which no test waits for."""
    async with database.begin() as connection:
        await connection.execute(delete(Rate))
