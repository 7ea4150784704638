"""Send windows: the hours and weekdays of the policy, on the customer's own clock, whatever that clock does."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scheduler.asking.policy import WEEKDAYS, Policy

DAY = 24 * 60
MINUTE = timedelta(minutes=1)


def zone_named(name: str | None, fallback: ZoneInfo) -> ZoneInfo:
    """The time zone of a customer; the fallback where the shop gave none, or none that exists."""
    try:
        return ZoneInfo(name) if name else fallback
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return fallback


def is_open(policy: Policy, zone: ZoneInfo, moment: datetime) -> bool:
    """Whether a question may be handed over at an aware moment to a customer in the zone."""
    return _minutes_closed(policy, moment.astimezone(zone)) == 0


def next_open(policy: Policy, zone: ZoneInfo, moment: datetime) -> datetime:
    """The first moment, in UTC, at or after an aware one at which a question may be handed over."""
    at = moment.astimezone(UTC)
    while closed := _minutes_closed(policy, at.astimezone(zone)):
        at = at.replace(second=0, microsecond=0)
        opening = at + closed * MINUTE
        # Where the clock is put forward or back before it opens, the wait is reckoned anew from there.
        at = opening if _offset(zone, at) == _offset(zone, opening) else _clock_change(zone, at, opening)
    return at


def _minutes_closed(policy: Policy, local: datetime) -> int:
    """Minutes of the wall clock, counted from its last full one, until the window opens; 0 while it is open."""
    start, end = policy.window_minutes
    minute = local.hour * 60 + local.minute
    open_days = [WEEKDAYS[(local.weekday() + ahead) % 7] in policy.weekdays for ahead in range(8)]
    if open_days[0] and start <= minute < end:
        return 0
    return next(
        ahead * DAY + start - minute for ahead, is_day in enumerate(open_days) if is_day and (ahead or minute < start)
    )


def _clock_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first minute, in UTC, of the clock as it stands at `after`."""
    while after - before > MINUTE:
        middle = before + (after - before) // MINUTE // 2 * MINUTE
        if _offset(zone, middle) == _offset(zone, before):
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()
