"""Public links by which anybody may answer."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, RowId


class Counter(Base):
    """A public link, printed as a QR code: whoever opens it may answer, nobody knows who they are."""

    __tablename__ = "counter"
    __table_args__ = (UniqueConstraint("token"), UniqueConstraint("store"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    token: Mapped[str]  # as an invitation's
    store: Mapped[str]  # in the shop's words, as in its sales; empty: the shop as a whole
    created_at: Mapped[datetime]
