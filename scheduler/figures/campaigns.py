"""How a campaign stands: what waits, what was sent, what was answered, and how long the rest will take."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from nps.score import Counts
from storage import campaign_queue
from storage.database import Connection
from storage.statuses import DeliveryKind, DeliveryStatus, InvitationStatus


@dataclass(frozen=True, kw_only=True)
class CampaignFigures:
    """Of one campaign, now."""

    invitations: Mapping[InvitationStatus, int]
    questions: Mapping[DeliveryStatus, int]  # by deliveries: one that went on to another channel has two
    by_channel: Mapping[str, Mapping[DeliveryStatus, int]]  # of the questions
    reminders: Mapping[DeliveryStatus, int]
    counts: Counts  # of the answers
    seconds_left: float  # for what waits, at the channels' rates, were the window always open

    @property
    def queued(self) -> int:
        """Questions that wait."""
        return self.questions.get(DeliveryStatus.QUEUED, 0) + self.questions.get(DeliveryStatus.LEASED, 0)

    @property
    def asked(self) -> int:
        """Invitations in all."""
        return sum(self.invitations.values())

    @property
    def answered(self) -> int:
        """Invitations with an answer."""
        return self.invitations.get(InvitationStatus.ANSWERED, 0)

    @property
    def response_rate(self) -> float | None:
        """Percent of the invitations whose question was handed over, so far as we know; None: none was."""
        handed = self.questions.get(DeliveryStatus.SENT, 0) + self.questions.get(DeliveryStatus.UNKNOWN, 0)
        return 100 * min(1.0, self.answered / handed) if handed else None


async def campaign_figures(connection: Connection, campaign_id: int, rates: Mapping[str, float]) -> CampaignFigures:
    """The figures of a campaign. `rates`: channel → questions a second; a channel that is off is absent."""
    questions: Counter[DeliveryStatus] = Counter()
    reminders: Counter[DeliveryStatus] = Counter()
    by_channel: dict[str, Counter[DeliveryStatus]] = {}
    for one in await campaign_queue.count_deliveries(connection, campaign_id):
        (reminders if one.kind is DeliveryKind.REMINDER else questions)[one.status] += one.count
        if one.kind is DeliveryKind.QUESTION:
            by_channel.setdefault(one.channel, Counter())[one.status] += one.count
    return CampaignFigures(
        invitations=await campaign_queue.count_invitations(connection, campaign_id),
        questions=questions,
        by_channel=by_channel,
        reminders=reminders,
        counts=Counts.of_scores(await campaign_queue.count_campaign_scores(connection, campaign_id)),
        seconds_left=max(
            (_waiting(counts) / rates[name] for name, counts in by_channel.items() if name in rates), default=0.0
        ),
    )


def _waiting(counts: Mapping[DeliveryStatus, int]) -> int:
    return counts.get(DeliveryStatus.QUEUED, 0) + counts.get(DeliveryStatus.LEASED, 0)
