"""How a case stands and what was done about it, in words."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.texts import Translator
from scheduler.closing import CaseCard
from storage.cases import Step
from storage.statuses import CaseStatus, CaseStep


def state_text(card: CaseCard, _: Translator) -> str:
    """Where it stands, and whether somebody waits for it."""
    words = {
        CaseStatus.OPEN: _("open"),
        CaseStatus.TAKEN: _("taken"),
        CaseStatus.CONTACTED: _("contacted"),
        CaseStatus.RESOLVED: _("resolved"),
    }
    is_late = card.reminded_at is not None and card.status is not CaseStatus.RESOLVED
    return words[card.status] + (_(", overdue") if is_late else "")


def step_words(step: Step, _: Translator) -> str:
    """What was done, with places for {name}, who did it, and {other}, what else belongs to it."""
    if step.kind is CaseStep.REOPENED and step.by_name is None:
        return _("opened again: the customer is unhappy once more")
    return {
        CaseStep.OPENED: _("opened"),
        CaseStep.TAKEN: _("taken by {name}"),
        CaseStep.RELEASED: _("given back by {name}"),
        CaseStep.CONTACTED: _("customer contacted by {name}"),
        CaseStep.RESOLVED: _("resolved by {name}"),
        CaseStep.REOPENED: _("opened again by {name}"),
        CaseStep.NOTED: _("noted by {name}"),
        CaseStep.SNOOZED: _("put off by {name}"),
        CaseStep.HANDED: _("handed over to {other} by {name}"),
        CaseStep.ANSWERED: _("written to the customer by {name}"),
        CaseStep.REPLIED: _("written back by the customer"),
        CaseStep.RESCORED: _("score changed: {other}"),
        CaseStep.DOUBTED: _("score no longer sure to be the customer's own: {other}"),
    }[step.kind]


def step_text(step: Step, zone: ZoneInfo, _: Translator) -> tuple[str, str]:
    """(what was done and by whom, what was said)."""
    text = step.text or ""
    done = step_words(step, _).format(name=step.by_name or "—", other=text or "—")
    if step.kind is CaseStep.SNOOZED and text:
        return done, f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M}"
    return done, "" if step.kind in (CaseStep.HANDED, CaseStep.RESCORED, CaseStep.DOUBTED) else text
