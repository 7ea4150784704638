"""Responses, and everything that ever changed about them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, RowId

IS_NAMELESS_ORDER = text("customer_id IS NULL AND order_number IS NOT NULL")  # of a small index


class Response(Base):
    """A customer's answer as it stands now. Category and NPS are never stored: only `nps.score` knows them."""

    __tablename__ = "response"
    __table_args__ = (
        UniqueConstraint("invitation_id"),
        UniqueConstraint("order_number"),
        UniqueConstraint("visit"),
        CheckConstraint("score BETWEEN 0 AND 10", name="score_on_scale"),
        Index(None, "day", "channel", "score", "suspect", "accepted_at"),  # figures are counted without the rows
        Index(None, "customer_id", "answered_at"),
        Index(None, "sale_id"),
        Index(None, "campaign_id"),
        Index(
            "ix_response_nameless_order", "order_number",
            sqlite_where=IS_NAMELESS_ORDER, postgresql_where=IS_NAMELESS_ORDER,
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"))  # None: nobody was asked by us
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))  # None: nobody knows whose it is
    sale_id: Mapped[int | None] = mapped_column(ForeignKey("sale.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    score: Mapped[int]  # 0..10
    comment: Mapped[str | None]
    reasons: Mapped[list[str] | None]  # keys of the shop's reasons that were ticked, in its order
    attachments: Mapped[list[dict[str, Any]] | None]  # files that came with it, see storage.attachments
    channel: Mapped[str]  # ResponseChannel
    source: Mapped[str | None]  # ResponseSource; None: by none of them
    order_number: Mapped[str | None]  # the shop's, of an order answered on its site that led to no invitation yet
    counter_id: Mapped[int | None] = mapped_column(ForeignKey("counter.id"))
    visit: Mapped[str | None]  # of a counter's page: a form that comes twice is one answer
    entered_by: Mapped[str | None]  # who wrote it down, where the customer did not
    suspect: Mapped[str | None]  # why this may be no person's answer; None: it is one
    accepted_at: Mapped[datetime | None]  # when staff accepted a suspect answer
    answered_at: Mapped[datetime]
    day: Mapped[date]  # local day of answered_at in company.timezone
    changed_at: Mapped[datetime | None]  # when the score was last changed


class ResponseChange(Base):
    """One version of a response, the first included; never changed, never removed but with its customer."""

    __tablename__ = "response_change"
    __table_args__ = (Index(None, "response_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"))
    at: Mapped[datetime]
    score: Mapped[int]
    comment: Mapped[str | None]
    channel: Mapped[str]  # ResponseChannel
    entered_by: Mapped[str | None]
    suspect: Mapped[str | None]  # why this version may be no person's


class SecondAnswer(Base):
    """The one further question that followed an answer, and what was chosen; never more than one."""

    __tablename__ = "second_answer"
    __table_args__ = (UniqueConstraint("response_id"), Index(None, "customer_id", "question"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    question: Mapped[str]  # SecondQuestion
    asked_at: Mapped[datetime]
    choice: Mapped[str | None]  # of storage.choices; None: not answered
    answered_at: Mapped[datetime | None]  # for the first time
