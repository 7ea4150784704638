"""«Not now» and «don't ask again» under a question in the chat: the customer's own word on being asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scheduler.answering import NotYours, find_invitation
from scheduler.asking.policy import Policy
from scheduler.asking.unknowns import settle_unknown_by_token
from scheduler.contacting import opt_out
from storage import postponements
from storage.database import Connection


class AlreadyAnswered(Exception):
    """There is nothing to put off: the answer is there."""


@dataclass(frozen=True, kw_only=True)
class PutOff:
    """What became of «not now»."""

    language: str | None  # the customer's
    until: datetime  # nobody asks them anything before


async def put_off(connection: Connection, policy: Policy, *, token: str, chat: str, now: datetime) -> PutOff:
    """Nothing more is asked until the cool-down of this question and policy.not_now_days are over, no reminder either.

    The question itself can still be answered. Said twice it counts once.

    :raises UnknownInvitation: the token leads nowhere
    :raises NotYours: the chat is not the customer's
    :raises AlreadyAnswered: the question has its answer
    """
    row = await _find_theirs(connection, token, chat)
    if row.response_id is not None:
        raise AlreadyAnswered
    await settle_unknown_by_token(connection, token=token, now=now)
    asked_at = await postponements.queued_at(connection, row.invitation_id)
    until = max(asked_at + policy.cooldown, now) + timedelta(days=policy.not_now_days)
    await postponements.cancel_reminder(connection, row.invitation_id, now)
    return PutOff(language=row.language, until=await postponements.wait_until(connection, row.customer_id, until))


async def refuse(connection: Connection, *, token: str, chat: str, now: datetime) -> str | None:
    """Opts the customer of a question out, by its button; returns their language.

    :raises UnknownInvitation: the token leads nowhere
    :raises NotYours: the chat is not the customer's
    """
    language: str | None = (await _find_theirs(connection, token, chat)).language
    await opt_out(connection, token=token, now=now)
    return language


async def _find_theirs(connection: Connection, token: str, chat: str) -> Any:
    row = await find_invitation(connection, token, lock=True)
    if row.chat != chat:
        raise NotYours
    return row
