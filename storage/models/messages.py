"""What came in and is to be processed (inbox), and what is to be told besides questions (outbox)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, RowId


class InboxUpdate(Base):
    """A Telegram update as received: stored and committed before it is confirmed, processed after."""

    __tablename__ = "inbox_update"
    __table_args__ = (Index(None, "status", "due_at"), Index(None, "chat", "status"), Index(None, "position"))

    update_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # compared for equality only
    position: Mapped[int]  # order of arrival; ids restart at random after an idle week
    chat: Mapped[str]  # updates of one chat are processed in order
    body: Mapped[dict[str, Any]]
    status: Mapped[str]  # InboxStatus
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    error: Mapped[str | None]


class ChatMove(Base):
    """A group under another id than the settings may have: it became a supergroup, or has a public name."""

    __tablename__ = "chat_move"

    old: Mapped[str] = mapped_column(primary_key=True)  # an id, or a name with its @ in lower case
    new: Mapped[str]
    at: Mapped[datetime]


class OutboxMessage(Base):
    """Something to be told: a digest, a follow-up question. Written in the transaction of its cause, at-least-once."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        UniqueConstraint("key"),
        Index(None, "status", "due_at"),
        Index(None, "status", "channel", "target", "id"),
        Index(None, "channel", "target", "reference", "status"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    # Its cause: the same cause never writes a second message. Ordered by code points, so that a prefix is a range.
    key: Mapped[str] = mapped_column(Text().with_variant(Text(collation="C"), "postgresql"))
    kind: Mapped[str]  # MessageKind of scheduler.outbox
    channel: Mapped[str]
    target: Mapped[str]  # chat or address
    payload: Mapped[dict[str, Any]]
    status: Mapped[str]  # OutboxStatus
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]  # a process is telling it until then; None: nobody is
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    reference: Mapped[str | None]
    error: Mapped[str | None]
