"""A question that one channel could not deliver goes to the next one, once a channel; where none is left, it ends."""

from collections.abc import Collection
from typing import Any

from scheduler.asking.shift import Shift
from scheduler.channel import Channel
from storage.cooldowns import free
from storage.database import Connection
from storage.due import due_at_once
from storage.statuses import CampaignStatus, CloseReason
from storage.unsent import (
    close_invitations,
    load_questions,
    queue_question,
    take_address,
    tried_channels,
)


async def reroute(connection: Connection, shift: Shift, delivery_ids: Collection[int]) -> int:
    """Queues each question on its customer's next channel, due now; returns how many found one.

    The others' invitations are closed and their customers' cool-down is freed: surely nothing was handed over.
    """
    questions = await load_questions(connection, delivery_ids) if delivery_ids else []
    stranded = [row.invitation_id for row in questions if not await _queue_next(connection, shift, row)]
    if stranded:
        await end(connection, stranded, CloseReason.UNREACHABLE)
    return len(questions) - len(stranded)


async def end(connection: Connection, invitation_ids: list[int], reason: CloseReason) -> list[int]:
    """Closes invitations of which nothing was handed over, and lets their customers be asked again; ids of those."""
    return await free(connection, await close_invitations(connection, invitation_ids, reason))


async def _queue_next(connection: Connection, shift: Shift, question: Any) -> bool:
    if not _may_go_on(question):
        return False
    tried = await tried_channels(connection, question.invitation_id)
    for channel in shift.routes:
        is_allowed = not question.channels or channel.name in question.channels
        if is_allowed and channel.name not in tried and await _queue_on(connection, shift, question, channel):
            return True
    return False


def _may_go_on(question: Any) -> bool:
    """The campaign was not cancelled, the customer got no other question since, and has nothing to complain of."""
    is_last: bool = question.asked_at is None or question.asked_at <= question.queued_at
    return is_last and not question.complains and CampaignStatus(question.status) is not CampaignStatus.CANCELLED


async def _queue_on(connection: Connection, shift: Shift, question: Any, channel: Channel) -> bool:
    address_id = getattr(question, channel.address_kind)
    now = shift.clock()
    return (
        address_id is not None
        and await take_address(
            connection,
            address_id,
            queued_at=question.queued_at,
            cooled_before=now - shift.policy.cooldown_of(question.cooldown_days),
            only=shift.policy.only,
        )
        and await queue_question(connection, question.invitation_id, channel.name, address_id, due_at_once(now))
    )
