"""Customers and the addresses on which they can be reached."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, RowId

# The cool-down is written to the row with every question: with room beside it the new version stays on its page, and
# no index has to be written anew (PostgreSQL's heap-only tuples).
ROOMY = {"postgresql_with": {"fillfactor": 50}}


class Address(Base):
    """An e-mail address, phone or Telegram chat. Cool-down, opt-out and suppression hold here as well as per customer,
    because one person is two customers in every real shop."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("kind", "value"), ROOMY)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str]  # AddressKind
    value: Mapped[str]  # normalised; unique within its kind
    asked_at: Mapped[datetime | None]  # when a question to anybody with this address was last queued
    opted_out_at: Mapped[datetime | None]
    undeliverable_at: Mapped[datetime | None]
    undeliverable_reason: Mapped[str | None]  # blocked, bounced …


class Customer(Base):
    """A customer as the shop numbers it."""

    __tablename__ = "customer"
    __table_args__ = (
        UniqueConstraint("external_id"),
        UniqueConstraint("telegram_address_id"),
        Index(None, "email_address_id"),
        Index(None, "phone_address_id"),
        ROOMY,
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    external_id: Mapped[str]  # the shop's own id
    name: Mapped[str | None]
    language: Mapped[str | None]  # two letters; None: the company's
    timezone: Mapped[str | None]  # IANA name; None: the company's
    email_address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id"))
    phone_address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id"))
    telegram_address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id"))
    consent: Mapped[bool | None]  # None: the shop did not say
    acquired_by: Mapped[str | None]  # how the customer came, in the shop's words
    attributes: Mapped[dict[str, Any] | None]
    lot: Mapped[int]  # 0..2**31-1, drawn once: the random choice is an order by a seeded permutation of it
    asked_at: Mapped[datetime | None]  # when a question was last queued; guarded, see storage.cooldowns
    not_before: Mapped[datetime | None]  # not asked before this moment («not now»)
    opted_out_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CustomerLink(Base):
    """A customer's own deep link into the chat: printed on receipts and parcels, good for one chat, for ever."""

    __tablename__ = "customer_link"
    __table_args__ = (UniqueConstraint("customer_id"),)

    token: Mapped[str] = mapped_column(primary_key=True)  # as an invitation's
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    created_at: Mapped[datetime]
