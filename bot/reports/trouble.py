"""Trouble with a channel, in words: what happens, what becomes of the questions, what to do."""

from bot.reports.moments import say_time
from bot.texts import translator
from scheduler.company import Company
from storage.episodes import Trouble
from storage.statuses import AddressKind, EpisodeKind


def trouble_subject(trouble: Trouble, company: Company) -> str:
    """In one line."""
    _ = translator(company.language)
    return {
        "refused": _("{company}: the mail server refuses our letters"),
        "distrusted": _("{company}: letters come back because we are distrusted"),
        "letters": _("{company}: no letter has gone out for an hour"),
        "chats": _("{company}: no question has gone out in Telegram for an hour"),
    }[_sort(trouble)].format(company=company.name)


def trouble_text(trouble: Trouble, company: Company) -> str:
    """Plain text."""
    _ = translator(company.language)
    return {
        "refused": _(
            "It answers: {reason}. No letter goes out until it takes them again; questions are not lost, they wait, and"
            " now and then one is tried. `molva check` tries the login and looks at SPF and DMARC."
        ),
        "distrusted": _(
            "Letters to several recipients came back: their mail services take our letters for spam or forged. After"
            " each further one the others wait for a quarter of an hour, then go on. Have a look at SPF, DKIM and"
            " DMARC: `molva check` says what is missing."
        ),
        "letters": _(
            "The mail server cannot be reached, or takes nothing for now: {reason}. Questions are not lost, they wait,"
            " and every few minutes one is tried. `molva check` tries the connection and the login."
        ),
        "chats": _(
            "The Bot API cannot be reached, or takes nothing for now: {reason}. Questions are not lost, they wait, and"
            " now and then one is tried. `molva check` tries the connection and the token."
        ),
    }[_sort(trouble)].format(reason=trouble.reason)


def trouble_line(trouble: Trouble, company: Company) -> str:
    """In one line, with the time of its last sign."""
    _ = translator(company.language)
    line = {
        "refused": _("The mail server refuses our letters ({reason}), last at {time}"),
        "distrusted": _("Letters come back because we are distrusted, last at {time}"),
        "letters": _("No letter goes out ({reason}), last tried at {time}"),
        "chats": _("No question goes out in Telegram ({reason}), last tried at {time}"),
    }[_sort(trouble)]
    return line.format(reason=trouble.reason, time=say_time(trouble.last_at, company))


def _sort(trouble: Trouble) -> str:
    """What it is called here: the kind, and where a channel is away which."""
    if trouble.kind is not EpisodeKind.AWAY:
        return trouble.kind.value
    return "letters" if trouble.channel == AddressKind.EMAIL else "chats"
