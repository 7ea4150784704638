"""How the work stands, in lines that a person reads in the chat."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.pulse import Pulse
from bot.reports.moments import say_time
from bot.reports.pause import paused_line
from bot.reports.trouble import trouble_line
from bot.texts import Translator, translator
from scheduler.company import Company
from scheduler.figures.gauges import Gauges
from storage.statuses import DeliveryStatus, InboxStatus, OutboxStatus


@dataclass(frozen=True, kw_only=True)
class StepState:
    """A step of the clock in this process."""

    name: str
    last: datetime | None  # when it last succeeded
    is_well: bool
    next: datetime | None


def step_states(pulse: Pulse, now: datetime) -> list[StepState]:
    """Every step that the clock runs, in the order of their next times."""
    upcoming = pulse.next_runs(now)
    found = [
        StepState(
            name=name,
            last=datetime.fromtimestamp(runs.succeeded, UTC) if runs.succeeded is not None else None,
            is_well=runs.is_well,
            next=upcoming.get(name),
        )
        for name, runs in pulse.steps.items()
        if name in upcoming or not runs.is_well
    ]
    return sorted(found, key=lambda one: one.next or now)


def status_text(gauges: Gauges, steps: Sequence[StepState], company: Company, now: datetime) -> str:
    """Plain text; trouble is named only where there is some."""
    _ = translator(company.language)
    lines = [paused_line(gauges.everything_paused, company), ""] if gauges.everything_paused else []
    lines += [
        _("In the queue: {counts}").format(counts=_by_channel(gauges.deliveries, DeliveryStatus.QUEUED, _)),
        _("Sent today: {counts}").format(counts=_by_channel(gauges.handed_over_today, DeliveryStatus.SENT, _)),
        _("In the last 5 minutes: {counts}").format(
            counts=_by_channel(gauges.handed_over_lately, DeliveryStatus.SENT, _)
        ),
        _("Answered today: {count}").format(count=sum(gauges.responses_today.values())),
        _("Campaigns running: {count}").format(count=gauges.campaigns.get("running", 0)),
        _("Senders alive: {count}").format(count=gauges.senders) if gauges.senders else _("No sender is running."),
        *(trouble_line(one, company) for one in gauges.troubles),
        *_trouble(gauges, _),
    ]
    if steps:
        lines += ["", _("Last and next runs:"), *(_step(one, company, now, _) for one in steps)]
    return "\n".join(lines)


def _trouble(gauges: Gauges, _: Translator) -> Iterator[str]:
    unknown = sum(count for (_channel, status), count in gauges.deliveries.items() if status == DeliveryStatus.UNKNOWN)
    if unknown:
        yield _("Not known whether they arrived: {count}").format(count=unknown)
    updates, messages = gauges.inbox.get(InboxStatus.DEAD, 0), gauges.outbox.get(OutboxStatus.DEAD, 0)
    if updates:
        yield _("Updates that could not be processed: {count} (see `molva updates list`)").format(count=updates)
    if messages:
        yield _("Messages that could not be told: {count} (see `molva messages list`)").format(count=messages)
        if gauges.newest_error:
            yield _("The newest of them: {error}").format(error=gauges.newest_error)
    for resource, seconds in gauges.paused.items():
        if seconds >= 1:
            asked = _("{resource} asked us to wait another {seconds:.0f} s")
            yield asked.format(resource=resource, seconds=seconds)


def _step(step: StepState, company: Company, now: datetime, _: Translator) -> str:
    words = {
        "send": _("sending questions"),
        "pick": _("daily round"),
        "remind": _("sending reminders"),
        "mind": _("cases that wait"),
        "digest": _("digest"),
        "mailbox": _("mailbox"),
        "telling": _("messages"),
        "tidy": _("tidying up"),
        "catch_up": _("catching up"),
    }
    last = say_time(step.last, company, now) if step.last else "—"
    upcoming = say_time(step.next, company, now) if step.next else "—"
    state = "" if step.is_well else " · " + _("failed, see the log")
    return f"• {words.get(step.name, step.name)}: {last} → {upcoming}{state}"


def _by_channel(counts: Mapping[tuple[str, str], int], status: DeliveryStatus, _: Translator) -> str:
    found = [f"{channel} {count}" for (channel, one), count in sorted(counts.items()) if one == status and count]
    return ", ".join(found) or _("nothing")
