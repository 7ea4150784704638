"""When periodic work is due, in company time."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class DigestSchedule:
    """`[digest]`: when the week that ended is told, and to whom by e-mail."""

    weekday: str = "mon"
    time: str = "09:00"
    email_to: tuple[str, ...] = ()
    store_chats: Mapping[str, str | int] = field(default_factory=dict)  # store → chat that is told its figures alone


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """`[schedule]`."""

    pick: str = "09:30"
    send_every_seconds: float = 5
