"""Where staff stand in a dialogue with the bot, and the messages that follow a campaign's progress."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, RowId

HAS_JOB = text("job IS NOT NULL")


class Dialogue(Base):
    """One person's in one chat, of one kind; whatever is killed, it stands as it was last shown."""

    __tablename__ = "dialogue"
    __table_args__ = (Index("ix_dialogue_job", "job", sqlite_where=HAS_JOB, postgresql_where=HAS_JOB),)

    chat: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # Telegram's
    kind: Mapped[str] = mapped_column(primary_key=True)  # of what; DialogueKind
    state: Mapped[dict[str, Any]]
    job: Mapped[str | None]  # work of some seconds that it waits for, named anew each time
    job_until: Mapped[datetime | None]  # a process does it until then
    updated_at: Mapped[datetime]


class CampaignWatch(Base):
    """A message that shows how a campaign stands, until it is over."""

    __tablename__ = "campaign_watch"
    __table_args__ = (UniqueConstraint("campaign_id", "chat"), Index(None, "next_at"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    chat: Mapped[str]
    message_id: Mapped[int | None]  # that it begins with; None once that is queued
    version: Mapped[int]  # grows each time it is queued; never the same again
    shown: Mapped[str | None]  # a digest of what was queued last
    next_at: Mapped[datetime]  # looked at again
    pause_seconds: Mapped[int]  # between the last two looks: longer while nothing changes
