"""Recommendations: customers' links for their friends, and who came by them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, RowId


class ReferralLink(Base):
    """A customer's link for friends: any number may come by it, and none of them becomes this customer."""

    __tablename__ = "referral_link"
    __table_args__ = (UniqueConstraint("customer_id"),)

    token: Mapped[str] = mapped_column(primary_key=True)  # as an invitation's
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    created_at: Mapped[datetime]


class Referral(Base):
    """Somebody who came into the chat by such a link: the first link counts, once for a chat."""

    __tablename__ = "referral"
    __table_args__ = (
        UniqueConstraint("address_id"),
        Index(None, "phone_address_id"),
        Index(None, "newcomer_id"),
        Index(None, "referrer_id", "came_on"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    referrer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))  # of the newcomer's chat
    phone_address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id"))  # that the newcomer shared
    newcomer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))  # None: not known as a customer yet
    came_at: Mapped[datetime]
    came_on: Mapped[date]  # local day in company.timezone
    known_at: Mapped[datetime | None]  # when the newcomer became known as a customer
