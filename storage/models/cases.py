"""Cases of unhappy customers, and everything that was done about each."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, RowId

IS_UNTOLD = text("version > told_version")


class Case(Base):
    """One unhappy answer on its way to being resolved (closed loop)."""

    __tablename__ = "service_case"  # CASE is a word of SQL's
    __table_args__ = (
        UniqueConstraint("response_id"),
        Index(None, "customer_id", "status"),
        Index(None, "status", "opened_at"),
        Index("ix_service_case_untold", "id", sqlite_where=IS_UNTOLD, postgresql_where=IS_UNTOLD),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    status: Mapped[str]  # CaseStatus
    owner: Mapped[str | None]  # who took it: Telegram user id …
    owner_name: Mapped[str | None]  # … and how they are called there
    note: Mapped[str | None]  # how it was resolved
    opened_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]  # nobody is reminded of it before
    version: Mapped[int]  # grows with everything that its card shows
    told_version: Mapped[int]  # whose card was last queued
    opened_score: Mapped[int | None]  # as it was when the case was opened
    chat: Mapped[str | None]  # where its card stands …
    topic: Mapped[int | None]  # … and in which topic of a forum
    reminded_at: Mapped[datetime | None]  # when it was called overdue
    escalated_at: Mapped[datetime | None]  # when it was taken higher up
    nudged_for: Mapped[datetime | None]  # the snoozed_until after which it was called back to mind
    aged_on: Mapped[date | None]  # the local day whose age its card shows


class CaseEvent(Base):
    """Something that was done about a case; never changed."""

    __tablename__ = "case_event"
    __table_args__ = (Index(None, "case_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("service_case.id"))
    at: Mapped[datetime]
    kind: Mapped[str]  # CaseStep
    by: Mapped[str | None]  # Telegram user id; None: the program
    by_name: Mapped[str | None]
    text: Mapped[str | None]
