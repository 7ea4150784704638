"""What is wrong with a campaign, in the words of the command line or of the dialogue in the chat."""

from bot.texts import Translator, translator
from scheduler.asking.campaigning import CampaignProblem
from storage.campaigns import DAILY, RECOVERY, SITE
from storage.statuses import CampaignStatus

OPTIONS = {
    "sold_from": "--from", "sold_to": "--to", "amount_from": "--min-amount", "amount_to": "--max-amount",
    "answered_from": "--answered-from", "answered_to": "--answered-to", "sample_size": "--sample",
    "sample_share": "--sample", "cooldown_days": "--cooldown-days",
}  # fmt: skip


def say_problem(problem: CampaignProblem, language: str) -> str:
    """What is wrong, where, and what to do; for the command line."""
    _ = translator(language)
    words = {
        "name_taken": _("there is a campaign {name} already: choose another name"),
        "name_empty": _("give the campaign a name of 1 to {most} characters on one line"),
        "name_reserved": _(
            "{name} cannot be a campaign's name: `daily`, `site` and `recovery` are taken, digits alone are numbers"
        ),
        "unknown": _("there is no campaign {name}: `molva campaigns list` shows them"),
        "wrong_status": _say_wrong_status(problem, _),
        "endless": _("{name} neither starts nor ends: `molva campaigns pause {name}` stops it for a while"),
        "ends_early": _("{field}: it is before {first}"),
        "below_zero": _("{field}: it is below zero, as no sale that is asked about"),
        "no_sample": _("{field}: {value} is nobody"),
        "no_share": _("{field}: {value} is not between 0% and 100%"),
        "no_cooldown": _("{field}: {value} is not between 0 and 36500"),
        "question_long": _("the question has {count} characters, the longest may have {most}"),
        "question": _('the question is empty: write --question "…" or --question en="…"'),
        "channel": _("{channel} is no channel of survey.channels ({known})"),
        "nobody": _("nobody can be asked by campaign {name}, so it was not started: see `--dry-run`"),
        "no_channel": _("none of the campaign's channels is on: fill in [telegram] or [email]"),
    }
    return _filled(words[problem.reason], problem, _)


def say_problem_in_chat(problem: CampaignProblem, language: str) -> str:
    """The same for the dialogue: sentences, and nothing of the command line."""
    _ = translator(language)
    words = {
        "name_taken": _("There is a campaign “{name}” already: choose another name."),
        "name_empty": _("The campaign needs a name of 1 to {most} characters on one line."),
        "name_reserved": _("A campaign cannot be called “{name}”: choose another name, not of digits alone."),
        "unknown": _("There is no such campaign any more."),
        "wrong_status": _("Campaign “{name}” is {status}, so this button can do nothing."),
        "endless": _("The campaign “{name}” never ends. To stop all questions for a while, write /pause."),
        "ends_early": _("The second date is before the first. Write the earlier one first: 01.11.2026 – 20.11.2026."),
        "below_zero": _("An amount cannot be below zero. Write one such as 1500."),
        "question_long": _("The question has {count} characters, the longest may have {most}."),
        "question": _("The question is empty: write it in words."),
        "no_channel": _("No channel is on: fill in [telegram] or [email] in the settings."),
    }
    if problem.reason not in words:
        return say_problem(problem, language)
    return _filled(words[problem.reason], problem, _)


def say_status(status: CampaignStatus, _: Translator) -> str:
    """A status in a word."""
    return {
        CampaignStatus.DRAFT: _("a draft"),
        CampaignStatus.RUNNING: _("running"),
        CampaignStatus.PAUSED: _("paused"),
        CampaignStatus.FINISHED: _("finished"),
        CampaignStatus.CANCELLED: _("called off"),
    }[status]


def say_campaign(name: str, _: Translator) -> str:
    """A campaign's name; of those that never end, what they are."""
    endless = {DAILY: _("daily round"), SITE: _("the question on the site"), RECOVERY: _("the question after a case")}
    return endless.get(name, name)


def _filled(words: str, problem: CampaignProblem, _: Translator) -> str:
    about = {
        name: say_status(value, _) if isinstance(value, CampaignStatus) else OPTIONS.get(str(value), value)
        for name, value in problem.about.items()
    }
    return words.format(**about)


def _say_wrong_status(problem: CampaignProblem, _: Translator) -> str:
    status, to = problem.about.get("status"), problem.about.get("to")
    if status == to:
        return _("campaign {name} is {status} already")
    if (status, to) == (CampaignStatus.PAUSED, CampaignStatus.RUNNING):
        return _("campaign {name} is {status}: `molva campaigns resume` lets it go on")
    return _("campaign {name} is {status}, so it cannot become {to}")
