"""Send windows: the hours, weekdays and holidays of the policy, on the customer's own clock, whatever it does."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scheduler.asking.policy import Policy

DAY = 24 * 60
MINUTE = timedelta(minutes=1)
FARTHEST = 28 * 366  # days: beyond it a window is taken never to open


class NeverOpens(Exception):
    """The policy leaves no day on which a question may be handed over: `Policy.problems` tells of it before."""


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
    """The first moment, in UTC, at or after an aware one at which a question may be handed over.

    :raises NeverOpens: there is none
    """
    at = moment.astimezone(UTC)
    while closed := _minutes_closed(policy, at.astimezone(zone)):
        at = at.replace(second=0, microsecond=0)
        opening = at + closed * MINUTE
        # Where the clock is put forward or back before it opens, the wait is reckoned anew from there.
        at = opening if _offset(zone, at) == _offset(zone, opening) else _clock_change(zone, at, opening)
    return at


def after_open(policy: Policy, zone: ZoneInfo, moment: datetime, span: timedelta) -> datetime:
    """The moment, in UTC, by which the window will have been open for so long since an aware one.

    :raises NeverOpens: it never will
    """
    at = next_open(policy, zone, moment)
    while (left := max(_closing(policy, zone, at) - at, MINUTE)) < span:
        at, span = next_open(policy, zone, at + left), span - left
    return at + span


def _closing(policy: Policy, zone: ZoneInfo, at: datetime) -> datetime:
    """When the window that is open then closes."""
    end = policy.window_minutes[1]
    day = at.astimezone(zone).date() + timedelta(days=end // DAY)
    return datetime.combine(day, time(end % DAY // 60, end % 60), zone).astimezone(UTC)


def _minutes_closed(policy: Policy, local: datetime) -> int:
    """Minutes of the wall clock, counted from its last full one, until the window opens; 0 while it is open."""
    start, end = policy.window_minutes
    minute = local.hour * 60 + local.minute
    if minute < end and policy.is_day_open(local.date()):
        return max(0, start - minute)
    return _days_closed(policy, local.date()) * DAY + start - minute


def _days_closed(policy: Policy, today: date) -> int:
    """Days from today to the next day on which the window opens."""
    for ahead in range(1, FARTHEST):
        if policy.is_day_open(today + timedelta(days=ahead)):
            return ahead
    raise NeverOpens(f"survey.weekdays and survey.holidays leave no day after {today}: leave one open")


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
