"""What keeps several processes out of each other's way: claimed periods, rates, senders, the switch; trouble."""

from datetime import datetime

from sqlalchemy import Double
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, RowId


class ClaimedPeriod(Base):
    """A periodic job done for a period (digest, 2026-W47): the unique row makes it happen once whoever fires it."""

    __tablename__ = "claimed_period"

    job: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    claimed_at: Mapped[datetime]


class Rate(Base):
    """A limited resource (a bot, a mail server): virtual scheduling (GCRA) on the database's clock."""

    __tablename__ = "rate"

    resource: Mapped[str] = mapped_column(primary_key=True)
    tat: Mapped[float] = mapped_column(Double)  # theoretical arrival time of the next slot, seconds since 1970
    paused_at: Mapped[float | None] = mapped_column(Double)  # when the other side asked for a wait …
    paused_until: Mapped[float | None] = mapped_column(Double)  # … and until when: no slots between the two


class Pause(Base):
    """While its row is there nothing is asked."""

    __tablename__ = "pause"

    scope: Mapped[str] = mapped_column(primary_key=True)  # of storage.pauses
    since: Mapped[datetime]
    by: Mapped[str]  # a person's name


class Episode(Base):
    """Trouble with a channel that staff are told of once; one row a channel and kind, the last episode."""

    __tablename__ = "episode"

    channel: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # EpisodeKind
    reason: Mapped[str]  # of its last sign
    began_at: Mapped[datetime]
    last_at: Mapped[datetime]
    told_at: Mapped[datetime | None]  # None: nobody was told yet


class Sender(Base):
    """One sending process; its liveness lock tells whether it is still there."""

    __tablename__ = "sender"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    started_at: Mapped[datetime]
    host: Mapped[str]
    process: Mapped[int]
