"""Values as plain data: what --json prints."""

from typing import Any

from nps.interval import interval
from nps.score import Counts, category
from scheduler.figures.digest import Digest, Standing, WeekFigures
from storage.counts import Remark
from storage.responses_export import ExportedResponse

RESPONSE_KEYS = (
    "customer", "customer_name", "sale", "score", "category", "comment", "channel", "entered_by", "suspect",
    "accepted_at", "campaign", "answered_at", "changed_at",
)  # fmt: skip


def digest_view(digest: Digest) -> dict[str, Any]:
    """A week's figures, unrounded; rates are percentages."""
    change = digest.change
    return {
        **week_view(digest.now),
        "previous": week_view(digest.previous),
        "change": change and {"points": change.points, "p_value": change.p_value, "verdict": change.verdict},
        "trend": [{"week": str(each.last), **standing_view(each)} for each in digest.trend],
        "rolling": [{"weeks": each.weeks, **standing_view(each)} for each in digest.rolling],
        "unanswered": {kind.name.lower(): number for kind, number in digest.unanswered.items()},
        "detractors_said": [remark_view(each) for each in digest.remarks],
        "as_of": digest.as_of.isoformat(),
    }


def week_view(figures: WeekFigures) -> dict[str, Any]:
    """One week without its surroundings."""
    return {
        "week": str(figures.week),
        "from": figures.week.first.isoformat(),
        "to": figures.week.last.isoformat(),
        **counts_view(figures.counts),
        "suspect": figures.suspect,
        "sent": figures.reach.sent,
        "response_rate": figures.response_rate,
        "comment_rate": figures.comment_rate,
        "below_zero": figures.below_zero,
    }


def standing_view(standing: Standing) -> dict[str, Any]:
    """The score of some weeks."""
    return counts_view(standing.counts)


def counts_view(counts: Counts) -> dict[str, Any]:
    """n, its parts, the score and its interval [low, high]; null where there are too few answers."""
    bounds = interval(counts)
    return {
        "n": counts.n,
        "promoters": counts.promoters,
        "passives": counts.passives,
        "detractors": counts.detractors,
        "nps": counts.nps,
        "interval": list(bounds) if bounds else None,
    }


def remark_view(remark: Remark) -> dict[str, Any]:
    """A comment with the person behind it, whole."""
    return {
        "score": remark.score,
        "comment": remark.text,
        "customer": remark.customer,
        "customer_name": remark.customer_name,
        "sale": remark.sale,
        "answered_at": remark.answered_at.isoformat(),
    }


def response_view(response: ExportedResponse) -> dict[str, Any]:
    """An answer; its keys are RESPONSE_KEYS, its times aware datetimes."""
    return {
        key: category(response.score).value if key == "category" else getattr(response, key) for key in RESPONSE_KEYS
    }
