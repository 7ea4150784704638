"""How the work stands, in lines that a person reads in the chat."""

from collections.abc import Mapping

from bot.texts import Translator, translator
from scheduler.figures.gauges import Gauges
from storage.statuses import DeliveryStatus, InboxStatus, OutboxStatus


def status_text(gauges: Gauges, language: str) -> str:
    """Plain text; trouble is named only where there is some."""
    _ = translator(language)
    lines = [
        _("In the queue: {counts}").format(counts=_by_channel(gauges.deliveries, DeliveryStatus.QUEUED, _)),
        _("Sent today: {counts}").format(counts=_by_channel(gauges.handed_over_today, DeliveryStatus.SENT, _)),
        _("Answered today: {count}").format(count=sum(gauges.responses_today.values())),
        _("Campaigns running: {count}").format(count=gauges.campaigns.get("running", 0)),
    ]
    unknown = sum(count for (_channel, status), count in gauges.deliveries.items() if status == DeliveryStatus.UNKNOWN)
    dead = gauges.inbox.get(InboxStatus.DEAD, 0) + gauges.outbox.get(OutboxStatus.DEAD, 0)
    if unknown:
        lines.append(_("Not known whether they arrived: {count}").format(count=unknown))
    if dead:
        lines.append(_("Failed for good: {count} (see `molva check`)").format(count=dead))
    for resource, seconds in gauges.paused.items():
        if seconds < 1:
            continue
        lines.append(
            _("{resource} asked us to wait another {seconds:.0f} s").format(resource=resource, seconds=seconds)
        )
    if not gauges.senders:
        lines.append(_("No sender is running."))
    return "\n".join(lines)


def _by_channel(counts: Mapping[tuple[str, str], int], status: DeliveryStatus, _: Translator) -> str:
    found = [f"{channel} {count}" for (channel, one), count in sorted(counts.items()) if one == status and count]
    return ", ".join(found) or _("nothing")
