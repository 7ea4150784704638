"""What a customer was asked so far, what became of it, and when they are to be reminded."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler.asking.explanation import PastDelivery, PastInvitation
from scheduler.asking.policy import Policy
from scheduler.asking.reminding import LINK_LEFT, reminded_since
from scheduler.asking.windows import next_open
from storage import personal
from storage.database import Connection
from storage.remindable import Rules


async def recall_invitations(connection: Connection, customer_id: int) -> tuple[PastInvitation, ...]:
    """Every invitation with its deliveries, the newest first."""
    invitations = await personal.find_invitations(connection, customer_id)
    made: dict[int, list[PastDelivery]] = {one.id: [] for one in invitations}
    queued_at = {one.id: one.queued_at for one in invitations}
    for row in await personal.find_deliveries(connection, list(made)):
        # What may go at once is due before it was queued, see storage.due.
        values = row._asdict() | {"due_at": max(row.due_at, queued_at[row.invitation_id])}
        made[values.pop("invitation_id")].append(PastDelivery(**values))
    found = []
    for one in invitations:
        values = one._asdict()
        found.append(PastInvitation(deliveries=tuple(made[values.pop("id")]), **values))
    return tuple(found)


async def foresee_reminder(
    connection: Connection, policy: Policy, rules: Rules, customer_id: int, zone: ZoneInfo
) -> datetime | None:
    """When the customer's next reminder is due as things stand, in UTC; None: none is, or it is queued already."""
    due = []
    for question in await personal.find_remindable(connection, rules, customer_id):
        moment = max(rules.now, question.handed_at + timedelta(days=policy.reminder_days))
        since, at = reminded_since(policy, moment), next_open(policy, zone, moment)
        if since and question.handed_at > since and question.send_before > at < question.link_until - LINK_LEFT:
            due.append(at)
    return min(due, default=None)
