"""Trouble with a channel, in words: what happens, what becomes of the questions, what to do."""

from bot.reports.moments import say_time
from bot.texts import translator
from scheduler.company import Company
from storage.episodes import Trouble
from storage.statuses import EpisodeKind


def trouble_subject(trouble: Trouble, company: Company) -> str:
    """In one line."""
    _ = translator(company.language)
    if trouble.kind is EpisodeKind.REFUSED:
        return _("{company}: the mail server refuses our letters").format(company=company.name)
    return _("{company}: letters come back because we are distrusted").format(company=company.name)


def trouble_text(trouble: Trouble, company: Company) -> str:
    """Plain text."""
    _ = translator(company.language)
    if trouble.kind is EpisodeKind.REFUSED:
        text = _(
            "It answers: {reason}. No letter goes out until it takes them again; questions are not lost, they wait, and"
            " now and then one is tried. `molva check` tries the login and looks at SPF and DMARC."
        )
    else:
        text = _(
            "Letters to several recipients came back: their mail services take our letters for spam or forged. After"
            " each further one the others wait for a quarter of an hour, then go on. Have a look at SPF, DKIM and"
            " DMARC: `molva check` says what is missing."
        )
    return text.format(reason=trouble.reason)


def trouble_line(trouble: Trouble, company: Company) -> str:
    """In one line, with the time of its last sign."""
    _ = translator(company.language)
    line = (
        _("The mail server refuses our letters ({reason}), last at {time}")
        if trouble.kind is EpisodeKind.REFUSED
        else _("Letters come back because we are distrusted, last at {time}")
    )
    return line.format(reason=trouble.reason, time=say_time(trouble.last_at, company))
