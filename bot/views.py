"""Values as plain data: what --json prints."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from nps.interval import interval
from nps.score import Counts, category
from scheduler.asking.campaigning import Campaign
from scheduler.asking.forecasting import Outlook
from scheduler.closing import CaseCard
from scheduler.figures.campaigns import CampaignFigures
from scheduler.figures.digest import Digest, Standing, WeekFigures
from scheduler.figures.recovery import Recovery
from storage.choices import SecondQuestion, Source, acquisition_of
from storage.counts import Remark
from storage.referral_counts import Referrer
from storage.responses_export import ExportedResponse
from storage.staff import Member
from storage.statuses import DeliveryStatus

RESPONSE_KEYS = (
    "customer", "customer_name", "sale", "score", "category", "comment", "reasons", "attachments", "second_question",
    "second_choice", "acquisition", "channel", "source", "store", "entered_by", "suspect", "accepted_at", "campaign",
    "answered_at", "changed_at",
)  # fmt: skip
SHOWN_STATUSES = (
    DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.UNDELIVERABLE, DeliveryStatus.UNKNOWN,
    DeliveryStatus.CANCELLED,
)  # fmt: skip


def member_view(user_id: int, roles: list[str], member: Member | None = None) -> dict[str, Any]:
    """Somebody of the staff; None: the settings name them."""
    return {
        "id": user_id,
        "name": member.name if member else None,
        "roles": roles,
        "source": "database" if member else "settings",
        "added_by": member.added_by if member else None,
        "added_at": member.added_at.isoformat() if member else None,
    }


def digest_view(digest: Digest) -> dict[str, Any]:
    """A week's figures, unrounded; rates are percentages."""
    change = digest.change
    return {
        **week_view(digest.now),
        "previous": week_view(digest.previous),
        "change": {
            "points": change.points if change else None,
            "p_value": change.p_value if change else None,
            "verdict": change.verdict if change else None,
        },
        "trend": [{"week": str(each.last), **standing_view(each)} for each in digest.trend],
        "rolling": [{"weeks": each.weeks, **standing_view(each)} for each in digest.rolling],
        "recovery": recovery_view(digest.recovery),
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
        "nameless": figures.nameless,
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
    derived = {"category": category(response.score).value, "acquisition": _acquisition(response)}
    return {key: derived[key] if key in derived else getattr(response, key) for key in RESPONSE_KEYS}


def _acquisition(response: ExportedResponse) -> str | None:
    if response.second_question != SecondQuestion.SOURCE or response.second_choice is None:
        return None
    return acquisition_of(Source(response.second_choice)).value


def referrals_view(referrers: Sequence[Referrer]) -> dict[str, Any]:
    """Who came by customers' links, in all and by customer."""
    names = ("came", "customers", "bought")
    sums = {name: sum(getattr(one, name) for one in referrers) for name in names}
    return {**sums, "referrers": [asdict(one) for one in referrers]}


def campaign_view(campaign: Campaign, figures: CampaignFigures | None = None) -> dict[str, Any]:
    """A campaign with how it stands; `audience` is how many customers it looked at, null before its start."""
    moments = {name: getattr(campaign, name) for name in ("created_at", "started_at", "finished_at")}
    outlook = campaign.outlook or {}
    return {
        "id": campaign.id,
        "name": campaign.name,
        "kind": campaign.kind,
        "status": campaign.status,
        "filters": campaign.audience.as_dict(),
        "channels": list(campaign.channels) if campaign.channels else None,
        "cooldown_days": campaign.cooldown_days,
        "question": campaign.question,
        **{name: moment and moment.isoformat() for name, moment in moments.items()},
        "audience": outlook.get("audience"),
        "skipped": outlook.get("skipped"),
        **(campaign_figures_view(figures) if figures else {}),
    }


def campaign_figures_view(figures: CampaignFigures) -> dict[str, Any]:
    """Questions by status, answers with their score; rates are percentages."""
    questions = figures.questions
    return {
        "invitations": figures.asked,
        "queued": figures.queued,
        **{str(status): questions.get(status, 0) for status in SHOWN_STATUSES},
        "reminders": {str(status): count for status, count in figures.reminders.items()},
        "by_channel": {
            channel: {str(status): count for status, count in counts.items()}
            for channel, counts in figures.by_channel.items()
        },
        "answered": figures.answered,
        "response_rate": figures.response_rate,
        **counts_view(figures.counts),
        "seconds_left": figures.seconds_left,
    }


def outlook_view(campaign: Campaign, outlook: Outlook) -> dict[str, Any]:
    """What starting a campaign comes to; `audience` is how many customers are looked at."""
    return {
        "id": campaign.id,
        "name": campaign.name,
        "kind": campaign.kind,
        "status": campaign.status,
        "filters": campaign.audience.as_dict(),
        "sent": 0,
        "answered": 0,
        **outlook.as_dict(),
    }


def case_view(card: CaseCard) -> dict[str, Any]:
    """A case with everything that was done about it; `text` is what was said, or until when it was put off."""
    plain = (
        "id", "status", "owner_name", "note", "score", "comment", "reasons", "customer", "customer_name", "email",
        "phone", "has_chat", "sale", "store", "manager",
    )  # fmt: skip
    moments = ("opened_at", "resolved_at", "snoozed_until", "reminded_at")
    return {
        **{name: getattr(card, name) for name in plain},
        **{name: (moment := getattr(card, name)) and moment.isoformat() for name in moments},
        "overdue": card.reminded_at is not None and card.resolved_at is None,
        "steps": [
            {"at": step.at.isoformat(), "kind": step.kind, "by": step.by_name, "text": step.text}
            for step in card.steps
        ],
    }  # fmt: skip


def recovery_view(recovery: Recovery) -> dict[str, Any]:
    """Of cases resolved in a year; `rate` is a percentage of those who answered again, or null."""
    return {
        "resolved": recovery.resolved,
        "answered": recovery.answered,
        "recovered": recovery.recovered,
        "rate": recovery.rate,
    }
