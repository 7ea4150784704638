"""Who works in the shop, as they call themselves in Telegram."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


class StaffName(Base):
    """How a member of staff is called; what they may do stands elsewhere."""

    __tablename__ = "staff_name"

    user_id: Mapped[str] = mapped_column(primary_key=True)  # Telegram's
    name: Mapped[str]
    seen_at: Mapped[datetime]
