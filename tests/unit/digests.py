"""Digests of made-up weeks."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from nps.change import compare
from nps.score import Counts
from scheduler.figures.digest import Digest, Standing, WeekFigures
from scheduler.figures.periods import Week
from scheduler.figures.recovery import NONE_RESOLVED, Recovery
from storage.counts import Remark
from storage.reach import Reach, Silence

WEEK = Week(2026, 47)
AS_OF = datetime(2026, 11, 23, 6, tzinfo=UTC)
NOTHING = Counts()
MANY, BEFORE = Counts(55, 20, 12), Counts(50, 20, 21)
OLDER = (
    Counts(20, 10, 9), Counts(25, 12, 6), Counts(22, 9, 10), Counts(30, 10, 9), NOTHING, Counts(1, 0, 0),
    Counts(28, 10, 12), Counts(35, 12, 9), Counts(33, 10, 12), Counts(40, 14, 9),
)  # fmt: skip


def digest_of(
    now: Counts = MANY,
    before: Counts = BEFORE,
    older: Sequence[Counts] = OLDER,
    *,
    remarks: Sequence[Remark] = (),
    sent: int = 240,
    suspect: int = 0,
    silent: dict[Silence, int] | None = None,
    recovery: Recovery = NONE_RESOLVED,
) -> Digest:
    """A digest of 2026-W47 with these counts; `older` are the ten weeks before."""
    series = [*older, before, now]
    reach = Reach(sent=sent, reached=sent, answered=min(now.n, sent))
    figures = [
        WeekFigures(week=WEEK.before(back), counts=counts, commented=counts.n // 3, suspect=suspect, reach=reach)
        for back, counts in ((0, now), (1, before))
    ]
    rolling = ((4, series[-4:]), (13, series))
    return Digest(
        as_of=AS_OF,
        now=figures[0],
        previous=figures[1],
        change=compare(now, before),
        trend=tuple(
            Standing(weeks=1, last=WEEK.before(len(series) - 1 - place), counts=counts)
            for place, counts in enumerate(series)
        ),
        rolling=tuple(Standing(weeks=weeks, last=WEEK, counts=sum(of, Counts())) for weeks, of in rolling),
        remarks=tuple(remarks),
        unanswered=dict.fromkeys(Silence, 0) | (silent or {}),
        recovery=recovery,
    )


def empty_digest() -> Digest:
    """A week of a shop that never asked anybody."""
    return digest_of(NOTHING, NOTHING, [NOTHING] * 10, sent=0)


def remark(text: str, score: int = 3, name: str | None = "Иванов Иван", sale: str | None = "4711") -> Remark:
    """What a detractor said."""
    at = AS_OF - timedelta(days=2)
    return Remark(score=score, text=text, customer="C-17", customer_name=name, sale=sale, answered_at=at)
