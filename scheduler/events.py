"""What the program tells of itself: an event with its figures, one call for every form of log.

Figures are counts, names of channels and campaigns, reasons: never an address, a name, a token, a chat or what a
customer wrote.
"""

import logging
from collections.abc import Mapping

Figure = str | int | float | bool | None
FIGURES = "figures"  # the attribute of a log record that holds them


def log_event(log: logging.Logger, event: str, *, level: int = logging.INFO, **figures: Figure) -> None:
    """Logs an event; `bot.logs` writes it as text or JSON, any other handler as its words."""
    if log.isEnabledFor(level):
        told: Mapping[str, Figure] = {"event": event, **figures}
        words = " ".join(f"{name}={value}" for name, value in told.items())
        log.log(level, "%s", words, extra={FIGURES: told}, stacklevel=2)
