"""A moment as staff read it: company time, the day only where it is not today."""

from datetime import datetime

from babel.dates import format_datetime

from scheduler.company import Company


def say_time(moment: datetime, company: Company, now: datetime | None = None) -> str:
    """`14:05` on the day of `now`, else `28 Nov, 14:05`."""
    local = moment.astimezone(company.zone)
    if now is not None and company.local_day(moment) == company.local_day(now):
        return f"{local:%H:%M}"
    return format_datetime(local, "d MMM, HH:mm", tzinfo=company.zone, locale=company.language)
