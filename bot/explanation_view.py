"""An explanation as plain data: what `molva explain --json` prints. Times are in company.timezone."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.asking.explanation import Explanation, Rule


def explanation_view(explained: Explanation, details: Mapping[Rule, str], zone: ZoneInfo) -> dict[str, Any]:
    """Every rule, the past, the next time; no address is in it.

    :param details: what is behind each verdict, in words
    """
    upcoming, waiting = explained.next, explained.waiting
    document = {
        "customer": explained.customer,
        "as_of": explained.now,
        "eligible": explained.eligible,
        "reasons": explained.reasons,
        "next_eligible": upcoming.at,
        "next_eligible_why": upcoming.why,
        "needs_new_sale": upcoming.needs_sale,
        "window": explained.window if upcoming.at else None,
        "timezone": explained.timezone,
        "channel": explained.channel,
        "queued": min((one.due_at for _, one in waiting), default=None),
        "reminder": explained.reminder,
        "recovery": explained.recovery,
        "rules": [
            {"rule": rule, "holds": holds, "detail": details[rule] or None}
            for rule, holds in explained.verdicts.items()
        ],
        "cooldowns": [asdict(one) for one in explained.cooldowns],
        "sales": [asdict(one) for one in explained.sales],
        "comes_first": explained.comes_first,
        "daily": asdict(explained.daily),
        "invitations": [asdict(one) for one in explained.invitations],
    }
    return _plain(document, zone)  # type: ignore[no-any-return]


def _plain(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(one, zone) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, zone) for one in value]
    return value
