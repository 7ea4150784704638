"""The one place where an answer becomes true: score and comment, stored with the sale that they speak of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nps.score import check_score
from scheduler import suspecting
from scheduler.asking.policy import Policy
from scheduler.asking.unknowns import settle_unknown_by_token
from scheduler.closing import follow
from scheduler.company import Company
from storage import responses, suspects
from storage.database import Connection
from storage.functions import is_token
from storage.reasons import keep_only
from storage.statuses import ResponseChannel, ResponseSource

COMMENT_LIMIT = 10_000  # characters; a longer comment is cut, and its writer is told
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL's text has no NUL, UTF-8 no lone surrogates


class UnknownInvitation(Exception):
    """The token leads nowhere: forged, cut short, or its customer was erased."""


class LinkExpired(Exception):
    """The link is too old to answer by."""


class TooLateToChange(Exception):
    """The answer stands; it was given too long ago to be changed."""


class NotYours(Exception):
    """The token belongs to somebody else's chat."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What recording a score did."""

    response_id: int
    invitation_id: int
    customer_id: int
    score: int
    language: str | None
    is_new: bool  # the first answer to its invitation
    is_changed: bool  # another score than the one before
    is_set_aside: bool = False  # suspect: kept beside a person's answer, which stands


@dataclass(frozen=True, kw_only=True)
class CommentKept:
    """What became of a comment."""

    token: str
    score: int
    is_truncated: bool  # only the first COMMENT_LIMIT characters were kept


async def record_score(
    connection: Connection, policy: Policy, company: Company, *, token: str, score: object, channel: ResponseChannel,
    now: datetime, source: ResponseSource | None = None, chat: str | None = None, suspect: str | None = None,
) -> Recorded:  # fmt: skip
    """Records or changes the answer to an invitation, whatever its status: a late answer is always stored.

    A suspect answer settles nothing, gives way to a person's whenever that comes, and never displaces one.

    :param source: by what it came; None: by the channel's page
    :param chat: the chat in which the score was tapped; it must be the customer's
    :param suspect: why it may be no person's
    :raises NotAScore: it is no whole number from 0 to 10
    :raises UnknownInvitation: the token leads nowhere
    :raises NotYours: the chat is not the customer's
    :raises LinkExpired: the link (not the tap) is too old
    :raises TooLateToChange: another score was given longer than policy.change_days ago
    """
    value = check_score(score)
    row = await find_invitation(connection, token, lock=True)
    _check_way(row, chat, now)
    await settle_unknown_by_token(connection, token=token, now=now)
    why = suspect or await suspecting.find_burst(connection, row, value, channel, now)
    is_new = row.response_id is None or (why is None and suspecting.is_doubtful(row))
    is_changed = not is_new and row.score != value
    response_id, is_set_aside = row.response_id, False
    given = {"score": value, "channel": channel, "source": source or channel.source}
    if response_id is None:
        response_id = await _store_first(connection, company, row, given, now=now, suspect=why)
    elif is_new:
        await suspecting.replace(connection, row, given, now=now, day=company.local_day(now))
    elif is_changed or why is not None:
        is_set_aside = await _change_score(connection, policy, row, given, now=now, suspect=why)
    if is_new or is_changed:
        if not is_set_aside:
            await keep_only(connection, response_id, policy.reason_labels(value, ""))
        await follow(connection, policy, response_id, now)
    return Recorded(
        response_id=response_id, invitation_id=row.invitation_id, customer_id=row.customer_id, score=value,
        language=row.language, is_new=is_new, is_changed=is_changed and not is_set_aside, is_set_aside=is_set_aside,
    )  # fmt: skip


def _check_way(row: Any, chat: str | None, now: datetime) -> None:
    """By a tap in the customer's chat at any time; by a link while it is good."""
    if chat is not None and row.chat != chat:
        raise NotYours
    if chat is None and row.link_until <= now:
        raise LinkExpired


async def _store_first(
    connection: Connection, company: Company, row: Any, given: Mapping[str, Any], *, now: datetime, suspect: str | None
) -> int:
    response_id = await responses.add_response(
        connection,
        {
            "invitation_id": row.invitation_id,
            "customer_id": row.customer_id,
            "sale_id": row.sale_id,
            "campaign_id": row.campaign_id,
            **given,
            "suspect": suspect,
            "answered_at": now,
            "day": company.local_day(now),
        },
    )
    if suspect is None:
        await responses.settle_answered(connection, row.invitation_id, now)
    return response_id


async def _change_score(
    connection: Connection, policy: Policy, row: Any, given: Mapping[str, Any], *, now: datetime, suspect: str | None
) -> bool:
    """Whether the new score, being suspect, was kept beside the one that stands."""
    if not suspecting.is_doubtful(row) and not may_change(policy, row, now):
        raise TooLateToChange
    if suspect is not None:
        return await suspecting.doubt(
            connection, row, score=given["score"], channel=given["channel"], why=suspect, now=now
        )
    await responses.change_response(connection, row.response_id, now, **given)
    return False


async def record_answer(
    connection: Connection,
    policy: Policy,
    company: Company,
    *,
    token: str,
    score: object,
    text: str,
    channel: ResponseChannel,
    now: datetime,
    suspect: str | None = None,
) -> tuple[Recorded, bool]:
    """Score and comment of a posted form, and whether the comment had to be cut; raises as the two of them do."""
    recorded = await record_score(
        connection, policy, company, token=token, score=score, channel=channel, now=now, suspect=suspect
    )
    if recorded.is_set_aside:
        comment, is_truncated = clean_comment(text)
        await suspects.comment_aside(connection, recorded.response_id, comment)
        return recorded, is_truncated
    kept = await record_comment(connection, policy, token=token, text=text, now=now)
    return recorded, kept is not None and kept.is_truncated


async def record_comment(
    connection: Connection, policy: Policy, *, token: str, text: str, now: datetime
) -> CommentKept | None:
    """Puts a comment on the answer of an invitation, in place of an earlier one; None where the text is blank.

    :raises UnknownInvitation: the token leads nowhere, or to an invitation without an answer
    :raises TooLateToChange: the answer was given longer than policy.change_days ago
    """
    row = await find_invitation(connection, token, lock=True)
    if row.response_id is None:
        raise UnknownInvitation
    comment, is_truncated = clean_comment(text)
    if not comment:
        return None
    if comment != row.comment:
        if not may_change(policy, row, now):
            raise TooLateToChange
        await responses.change_response(connection, row.response_id, now, comment=comment)
        await follow(connection, policy, row.response_id, now)
    return CommentKept(token=token, score=row.score, is_truncated=is_truncated)


async def comment_from_chat(
    connection: Connection, policy: Policy, *, chat: str, text: str, now: datetime
) -> CommentKept | None:
    """Takes the text that follows a score within policy.comment_hours as its comment; further texts are added to it.

    None where nothing of this chat waits for a comment, or the text is blank.
    """
    since = now - timedelta(hours=policy.comment_hours)
    latest = await responses.latest_of_chat(connection, chat, since)
    if latest is None or not text.strip():
        return None
    row = await find_invitation(connection, latest.token, lock=True)  # as it stands once the page is done with it
    comment, is_truncated = clean_comment(f"{row.comment}\n{text}" if row.comment else text)
    if not comment:
        return None
    await responses.change_response(connection, latest.id, now, comment=comment)
    await follow(connection, policy, latest.id, now)
    return CommentKept(token=latest.token, score=row.score, is_truncated=is_truncated)


def clean_comment(text: str | None) -> tuple[str, bool]:
    """(what is stored, whether it had to be cut): no unstorable characters, no blank ends, COMMENT_LIMIT characters."""
    comment = without_unstorable(text or "")
    return comment[:COMMENT_LIMIT], len(comment) > COMMENT_LIMIT


def without_unstorable(text: str) -> str:
    """All of a text that a database takes, without blank ends."""
    return _UNSTORABLE.sub("", text).strip()


async def find_invitation(connection: Connection, token: str, *, lock: bool = False) -> Any:
    """The row that a token leads to, with its customer's chat and its response.

    :raises UnknownInvitation: it leads nowhere
    """
    row = await responses.find_asked(connection, token, lock=lock) if is_token(token) else None
    if row is None:
        raise UnknownInvitation
    return row


def may_change(policy: Policy, row: Any, now: datetime) -> bool:
    """Whether the answer that stands may still be changed."""
    return now <= change_until(policy, row)


def change_until(policy: Policy, row: Any) -> datetime:
    """Until when the answer that stands may be changed."""
    answered: datetime = row.answered_at
    return answered + timedelta(days=policy.change_days)
