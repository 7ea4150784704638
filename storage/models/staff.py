"""The shop's people who were added in the chat or by a command; others stand in the settings."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


class StaffMember(Base):
    """Somebody with a role; the row's end is the end of every right."""

    __tablename__ = "staff_member"

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # Telegram's
    name: Mapped[str]  # as they were called there when they were added
    role: Mapped[str]  # StaffRole
    added_by: Mapped[str]  # a person's name, as their colleagues know it
    added_at: Mapped[datetime]
