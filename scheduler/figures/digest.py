"""The figures of one week: the score and how sure it is, what changed, who is unhappy, who kept silent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from nps.change import Change, compare
from nps.interval import BelowZero, below_zero, interval
from nps.score import Category, Counts
from scheduler.company import Company
from scheduler.figures.periods import Week
from scheduler.figures.recovery import NONE_RESOLVED, Recovery, read_recovery
from storage import counts as answers
from storage import reach
from storage.counts import Remark
from storage.database import Connection
from storage.reach import Reach, Silence

TREND_WEEKS = 12
ROLLING_WEEKS = (4, 13)
REMARKS = 5


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The score of some weeks that adjoin."""

    weeks: int
    last: Week  # the last of them
    counts: Counts

    @property
    def interval(self) -> tuple[float, float] | None:
        """(low, high) in NPS points; None below two answers."""
        return interval(self.counts)


@dataclass(frozen=True, kw_only=True)
class WeekFigures:
    """What is counted in one week; rates are percentages, None where there is nothing to divide by."""

    week: Week
    counts: Counts
    commented: int  # answers with a comment
    suspect: int  # answers left out of the counts
    nameless: int = 0  # of the answers counted, those of which nobody knows whose they are
    reach: Reach

    @property
    def interval(self) -> tuple[float, float] | None:
        """(low, high) in NPS points; None below two answers."""
        return interval(self.counts)

    @property
    def below_zero(self) -> BelowZero | None:
        """How sure it is that the score is below zero; None below two answers."""
        return below_zero(self.counts)

    @property
    def response_rate(self) -> float | None:
        """Deliveries of the week whose invitation is answered by now, of those handed over and not undeliverable."""
        return _percentage(self.reach.answered, self.reach.reached)

    @property
    def comment_rate(self) -> float | None:
        """Answers with a comment, of all answers."""
        return _percentage(self.commented, self.counts.n)


@dataclass(frozen=True, kw_only=True)
class Digest:
    """Everything that managers are told of one week: every text, picture and table takes this one value."""

    as_of: datetime
    now: WeekFigures
    previous: WeekFigures
    change: Change | None  # against the week before; None where one of the two has fewer than two answers
    trend: tuple[Standing, ...]  # week by week, the oldest first, this one last
    rolling: tuple[Standing, ...]  # longer periods that end with this week
    remarks: tuple[Remark, ...]  # newest comments of detractors
    unanswered: Mapping[Silence, int]  # invitations of the week
    recovery: Recovery = NONE_RESOLVED  # of the year that ends with the week
    store: str | None = None  # whose figures these are; None: the whole shop's

    @property
    def week(self) -> Week:
        return self.now.week


async def digest_of_week(
    connection: Connection, company: Company, week: Week, as_of: datetime, *, store: str | None = None
) -> Digest:
    """The figures of a week that is over, as they are known at `as_of`.

    :param store: of what speaks of this store's sales alone
    """
    longest = max(TREND_WEEKS, *ROLLING_WEEKS)
    by_week = await _counts_by_week(connection, week.before(longest - 1), week, store)
    now = await _figures(connection, company, week, by_week, as_of=as_of, store=store)
    previous = await _figures(connection, company, week.before(1), by_week, as_of=as_of, store=store)
    start, end = week.bounds(company.zone)
    remarks = await answers.newest_remarks(
        connection, week.first, week.last, scores=Category.DETRACTOR.scores, limit=REMARKS, store=store
    )
    return Digest(
        as_of=as_of,
        now=now,
        previous=previous,
        change=compare(now.counts, previous.counts),
        trend=tuple(_standing(by_week, week.before(back), 1) for back in reversed(range(TREND_WEEKS))),
        rolling=tuple(_standing(by_week, week, weeks) for weeks in ROLLING_WEEKS),
        remarks=tuple(remarks),
        unanswered=await reach.count_unanswered(connection, start, end, as_of=as_of, store=store),
        recovery=await read_recovery(connection, end, as_of=as_of, store=store),
        store=store,
    )


async def _counts_by_week(connection: Connection, first: Week, last: Week, store: str | None) -> dict[Week, Counts]:
    by_day = await answers.count_scores(connection, first.first, last.last, store=store)
    by_week: dict[Week, Counts] = {}
    for day, scores in by_day.items():
        week = Week.of(day)
        by_week[week] = by_week.get(week, Counts()) + Counts.of_scores(scores)
    return by_week


async def _figures(
    connection: Connection, company: Company, week: Week, by_week: Mapping[Week, Counts], *, as_of: datetime,
    store: str | None,
) -> WeekFigures:  # fmt: skip
    start, end = week.bounds(company.zone)
    return WeekFigures(
        week=week,
        counts=by_week.get(week, Counts()),
        commented=await answers.count_comments(connection, week.first, week.last, store=store),
        suspect=await answers.count_suspects(connection, week.first, week.last, store=store),
        nameless=await answers.count_nameless(connection, week.first, week.last, store=store),
        reach=await reach.count_reach(connection, start, end, as_of=as_of, store=store),
    )


def _standing(by_week: Mapping[Week, Counts], last: Week, weeks: int) -> Standing:
    counted = (by_week.get(last.before(back), Counts()) for back in range(weeks))
    return Standing(weeks=weeks, last=last, counts=sum(counted, Counts()))


def _percentage(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
