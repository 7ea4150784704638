"""Campaigns, invitations and their deliveries: the deliveries are the queue."""

from datetime import datetime
from typing import Any

from sqlalchemy import Double, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, RowId

IS_REMINDER = text("kind = 'reminder'")
WAITS_AS_REMINDER = text("kind = 'reminder' AND status IN ('queued', 'leased')")  # of a small index


class Campaign(Base):
    """Why customers are asked. The daily round is the campaign that never ends."""

    __tablename__ = "campaign"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]  # relationship: one per customer and period; transactional: one per sale
    status: Mapped[str]  # CampaignStatus
    audience: Mapped[dict[str, Any] | None]
    question: Mapped[dict[str, Any] | None]  # language → text; None: the survey's
    channels: Mapped[list[str] | None]  # in order of preference; None: the survey's
    cooldown_days: Mapped[float | None] = mapped_column(Double)  # never under the hard floor; None: the survey's
    outlook: Mapped[dict[str, Any] | None]  # what its start counted: candidates, skipped by reason
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Invitation(Base):
    """One customer asked once about one sale; its deliveries are the hand-overs, its token the way back."""

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("token"),
        UniqueConstraint("campaign_id", "customer_id", "occasion"),
        Index(None, "customer_id", "queued_at"),
        Index(None, "sale_id"),
        Index(None, "queued_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    token: Mapped[str]  # 22 of A-Za-z0-9_- (base64url), at least 122 bits from a secure source
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    sale_id: Mapped[int | None] = mapped_column(ForeignKey("sale.id"))
    occasion: Mapped[str]  # "sale:<id>" or "period:2026-W47": what it may be asked about once
    status: Mapped[str]  # InvitationStatus
    closed_reason: Mapped[str | None]  # CloseReason
    asked: Mapped[bool]  # False once it is sure that nothing was handed over: the cool-down doesn't count it
    queued_at: Mapped[datetime]
    send_before: Mapped[datetime]  # what is still unsent then is cancelled
    link_until: Mapped[datetime]  # the page answers 410 from then on
    answered_at: Mapped[datetime | None]


class Delivery(Base):
    """One hand-over of an invitation on one channel; `DeliveryStatus` draws its arrows."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("invitation_id", "kind", "channel"),
        Index(None, "status", "campaign_id", "channel", "due_at", "id"),
        Index(None, "address_id"),
        Index(None, "handed_at"),
        # One reminder an invitation, even where its question arrived on two channels.
        Index(
            "uq_delivery_reminder", "invitation_id", unique=True,
            sqlite_where=IS_REMINDER, postgresql_where=IS_REMINDER,
        ),
        Index(
            "ix_delivery_waiting_reminder", "kind", "status",
            sqlite_where=WAITS_AS_REMINDER, postgresql_where=WAITS_AS_REMINDER,
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))  # the invitation's, for the queue's index
    kind: Mapped[str]  # DeliveryKind
    channel: Mapped[str]
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
    status: Mapped[str]  # DeliveryStatus
    reason: Mapped[str | None]  # why it is undeliverable, unknown, cancelled or put off
    attempts: Mapped[int]  # hand-overs tried
    due_at: Mapped[datetime]  # not before
    sender_id: Mapped[int | None]  # who leased it; no foreign key, because a sender's row ends with its process
    leased_until: Mapped[datetime | None]
    handed_at: Mapped[datetime | None]  # marked as sending
    settled_at: Mapped[datetime | None]  # when its last status was reached
    resent_at: Mapped[datetime | None]  # by a person's word, though it may have arrived before
    reference: Mapped[str | None]  # the other side's name for it: message id, Message-ID
