"""When periodic work is due, in company time."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DigestSchedule:
    """`[digest]`: when the week that ended is told, and to whom by e-mail."""

    weekday: str = "mon"
    time: str = "09:00"
    email_to: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """`[schedule]`."""

    pick: str = "09:30"
    send_every_seconds: float = 5
