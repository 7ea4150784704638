"""Reasons that a customer ticks after a score, kept with the answer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.answering import NotYours, TooLateToChange, UnknownInvitation, find_invitation, may_change
from scheduler.asking.policy import Policy
from scheduler.closing import follow
from storage import reasons
from storage.database import Connection


class NoSuchReason(Exception):
    """The shop has no such reason for this score, or no longer."""


@dataclass(frozen=True, kw_only=True)
class Ticked:
    """The reasons of an answer as they stand."""

    language: str | None  # the customer's
    score: int
    keys: tuple[str, ...]
    is_on: bool  # whether the reason was ticked, or taken off


async def toggle_reason(
    connection: Connection, policy: Policy, *, token: str, key: str, chat: str, now: datetime
) -> Ticked:
    """Ticks a reason for the score that stands, or takes it off.

    :raises UnknownInvitation: the token leads nowhere, or to a question without an answer
    :raises NotYours: the chat is not the customer's
    :raises TooLateToChange: the answer was given longer than policy.change_days ago
    :raises NoSuchReason: it is none for the score that stands
    """
    row = await find_invitation(connection, token, lock=True)
    if row.chat != chat:
        raise NotYours
    if row.response_id is None:
        raise UnknownInvitation
    if now > row.answered_at + timedelta(days=policy.change_days):
        raise TooLateToChange
    known = policy.reason_labels(row.score, "")
    if key not in known:
        raise NoSuchReason
    before = await reasons.reasons_of(connection, row.response_id)
    ticked = {*before} ^ {key}
    keys = tuple(one for one in known if one in ticked)  # in the shop's order
    await reasons.set_reasons(connection, row.response_id, keys)
    await follow(connection, policy, row.response_id, now)
    return Ticked(language=row.language, score=row.score, keys=keys, is_on=key in ticked)


async def choose_reasons(
    connection: Connection, policy: Policy, *, token: str, keys: Collection[str], now: datetime
) -> None:
    """Ticks these reasons and no others on the answer that stands; keys that are none for its score are left out.

    :raises UnknownInvitation: the token leads nowhere, or to a question without an answer
    :raises TooLateToChange: the answer was given longer than policy.change_days ago
    """
    row = await find_invitation(connection, token, lock=True)
    if row.response_id is None:
        raise UnknownInvitation
    if not may_change(policy, row, now):
        raise TooLateToChange
    chosen = tuple(one for one in policy.reason_labels(row.score, "") if one in keys)  # in the shop's order
    if chosen != tuple(await reasons.reasons_of(connection, row.response_id)):
        await reasons.set_reasons(connection, row.response_id, chosen)
        await follow(connection, policy, row.response_id, now)
