"""What came into the mailbox: how far it was read, which letters, what customers wrote in them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, RowId

IS_UNTOLD = text("told_at IS NULL")


class MailboxPlace(Base):
    """How far a folder was read: a server numbers its letters in the order in which they arrive (RFC 3501)."""

    __tablename__ = "mailbox_place"

    mailbox: Mapped[str] = mapped_column(primary_key=True)  # user@host/folder
    validity: Mapped[int]  # UIDVALIDITY: with another one the letters are numbered anew
    last_uid: Mapped[int]


class MailboxLetter(Base):
    """A letter that was taken in; its key keeps it from being taken twice, however it is numbered."""

    __tablename__ = "mailbox_letter"
    __table_args__ = (UniqueConstraint("key"), Index(None, "kind", "read_at"), Index(None, "address_id", "read_at"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    key: Mapped[str]  # a digest: nothing personal
    kind: Mapped[str]  # LetterKind
    address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id"))  # that bounced
    response_id: Mapped[int | None] = mapped_column(ForeignKey("response.id"))  # the answer that it became
    read_at: Mapped[datetime]


class CustomerComment(Base):
    """What a customer wrote back without a score."""

    __tablename__ = "customer_comment"
    __table_args__ = (
        Index(None, "customer_id"),
        Index("ix_customer_comment_untold", "id", sqlite_where=IS_UNTOLD, postgresql_where=IS_UNTOLD),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))  # what they wrote back to
    text: Mapped[str]
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]  # when it was queued for the managers
