"""How the switch of all questions stands, in words."""

from bot.reports.moments import say_time
from bot.texts import translator
from scheduler.company import Company
from storage.pauses import Paused


def pause_text(paused: Paused | None, company: Company) -> str:
    """Plain text."""
    _ = translator(company.language)
    if paused is None:
        return _("Questions go out as usual.")
    return f"{paused_line(paused, company)}\n" + _("Answers are taken as always; nothing is lost, everything waits.")


def paused_line(paused: Paused, company: Company) -> str:
    """In one line, with who did it and when."""
    _ = translator(company.language)
    line = _("All questions are paused since {time} (by {name}).")
    return line.format(time=say_time(paused.since, company), name=paused.by or "?")
