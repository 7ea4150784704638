"""What asking them may bring: answers by the response rate so far, the margin they leave, the time it takes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import floor
from typing import Any

from nps.interval import ASSUMED_VARIANCE, adjusted, expected_margin
from nps.score import Counts
from scheduler.asking.choosing import Channels
from scheduler.asking.policy import Policy
from scheduler.asking.rules import SkipReason
from scheduler.asking.windows import next_open
from scheduler.company import Company
from storage import counts, reach
from storage.database import Connection

Rates = Mapping[str, float]  # channel → questions a second
LOOK_BACK = timedelta(days=365)
ENOUGH_REACHED = 30  # deliveries of one channel below which all channels' response rate says more
LONGEST = 3650  # send windows, after which no end is foretold


@dataclass(frozen=True, kw_only=True)
class Shop:
    """What asking needs to know besides whom."""

    policy: Policy
    company: Company
    channels: Channels  # those that are on, in the survey's order
    rates: Rates


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Who would be asked, and who not."""

    audience: int  # candidates, all told
    eligible: int  # every rule lets them be asked
    queued: int  # of these, those who are
    by_channel: Mapping[str, int]
    skipped: Mapping[SkipReason, int]  # above zero only; with `queued` they add up to the audience
    unknown_names: Mapping[str, list[str]]  # of stores, managers, products and groups that no sale knows
    by_language: Mapping[str, int]  # "" where the customer's is not known


@dataclass(frozen=True, kw_only=True)
class Outlook(Chosen):
    """The same with what it may bring."""

    response_rate: float | None  # percent, of those asked in the last year; None: nobody was
    expected_answers: float | None  # None without a response rate
    expected_margin: float | None  # of the NPS, in points, at 95 %; None below two answers
    is_variance_assumed: bool  # there are too few answers to know how far they lie apart
    seconds_needed: float  # at the channels' rates, were the window always open
    expected_end: datetime | None  # with the window as it is in company time, were nothing else to be sent

    def after_losing(self, overtaken: int) -> "Outlook":
        """With some of them asked by others meanwhile."""
        if not overtaken:
            return self
        skipped = {**self.skipped, SkipReason.COOLDOWN: self.skipped.get(SkipReason.COOLDOWN, 0) + overtaken}
        return replace(self, eligible=self.eligible - overtaken, queued=self.queued - overtaken, skipped=skipped)

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        end = self.expected_end
        skipped = {str(reason): count for reason, count in self.skipped.items()}
        return {**asdict(self), "skipped": skipped, "expected_end": end and end.isoformat()}


async def foresee(connection: Connection, chosen: Chosen, shop: Shop, now: datetime) -> Outlook:
    """What asking those chosen may bring, by what was answered before."""
    overall = await reach.count_reach_by_channel(connection, now - LOOK_BACK, now)
    all_reached = sum(one.reached for one in overall.values())
    rate = sum(one.answered for one in overall.values()) / all_reached if all_reached else None
    answers = None if rate is None else _expected(chosen.by_channel, overall, rate)
    variance, is_assumed = await _variance(connection, shop.company.local_day(now))
    seconds = max((count / shop.rates[name] for name, count in chosen.by_channel.items()), default=0.0)
    return Outlook(
        **{name: getattr(chosen, name) for name in Chosen.__dataclass_fields__},
        response_rate=None if rate is None else 100 * rate,
        expected_answers=answers,
        expected_margin=None if answers is None else expected_margin(floor(answers), variance=variance),
        is_variance_assumed=is_assumed,
        seconds_needed=seconds,
        expected_end=_end(shop.policy, shop.company, now, seconds) if chosen.queued else None,
    )


def _expected(by_channel: Mapping[str, int], past: Mapping[str, reach.Reach], overall: float) -> float:
    def rate(channel: str) -> float:
        one = past.get(channel)
        return one.answered / one.reached if one and one.reached >= ENOUGH_REACHED else overall

    return sum(count * rate(channel) for channel, count in by_channel.items())


async def _variance(connection: Connection, today: date) -> tuple[float, bool]:
    """(variance of one answer, whether it is assumed) by the answers of the last year."""
    days = await counts.count_scores(connection, today - LOOK_BACK, today)
    answers = sum((Counts.of_scores(scores) for scores in days.values()), start=Counts())
    return (adjusted(answers).variance, False) if answers.n >= ENOUGH_REACHED else (ASSUMED_VARIANCE, True)


def _end(policy: Policy, company: Company, now: datetime, seconds: float) -> datetime | None:
    at, left = now, timedelta(seconds=seconds)
    minutes = policy.window_minutes[1]
    for _ in range(LONGEST):
        at = next_open(policy, company.zone, at)
        local = at.astimezone(company.zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        closing = (midnight + timedelta(minutes=minutes)).astimezone(UTC)
        if at + left <= closing:
            return at + left
        left -= closing - at
        at = closing
    return None
