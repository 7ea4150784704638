"""What the token of an invitation leads to, for the page or chat that opens it."""

from dataclasses import dataclass
from datetime import datetime

from scheduler.answering import change_until, find_invitation, may_change
from scheduler.asking.policy import Policy
from scheduler.suspecting import is_doubtful
from storage import seconds
from storage.choices import SecondQuestion
from storage.database import Connection
from storage.reasons import reasons_of
from storage.statuses import CloseReason, InvitationStatus


@dataclass(frozen=True, kw_only=True)
class Second:
    """A second question, and what was chosen."""

    question: SecondQuestion
    choice: str | None  # of storage.choices; None: nothing yet


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a token leads to, as its page or chat needs to know it."""

    token: str
    language: str | None  # the customer's; None: not known
    customer_name: str | None
    texts: dict[str, str] | None  # language → the campaign's own wording of the question
    score: int | None  # as it stands; None: not answered yet, or by what is suspect
    comment: str | None
    reasons: tuple[str, ...]  # keys of those that were ticked
    second: Second | None  # the further question that followed the answer
    is_expired: bool  # the link; a tap in the chat is stored all the same
    is_fixed: bool  # answered, and too late to change
    change_until: datetime | None  # None: not answered yet
    is_withdrawn: bool  # called off by the shop; an answer is taken all the same
    is_declined: bool  # the customer wants to hear nothing more of this question
    is_opted_out: bool


async def look_up(connection: Connection, policy: Policy, *, token: str, now: datetime) -> Asked:
    """What a token leads to; changes nothing.

    :raises UnknownInvitation: it leads nowhere
    """
    row = await find_invitation(connection, token)
    stands = row.response_id is not None and not is_doubtful(row)
    return Asked(
        token=token,
        language=row.language,
        customer_name=row.customer_name,
        texts=row.question,
        score=row.score if stands else None,
        comment=row.comment if stands else None,
        reasons=tuple(await reasons_of(connection, row.response_id)) if stands else (),
        second=await _find_second(connection, row.response_id) if stands else None,
        is_expired=row.link_until <= now,
        is_fixed=stands and not may_change(policy, row, now),
        change_until=change_until(policy, row) if stands else None,
        is_withdrawn=row.status == InvitationStatus.CLOSED and row.closed_reason == CloseReason.CANCELLED,
        is_declined=row.status == InvitationStatus.CLOSED and row.closed_reason == CloseReason.DECLINED,
        is_opted_out=row.opted_out_at is not None,
    )


async def _find_second(connection: Connection, response_id: int) -> Second | None:
    found = await seconds.find_second(connection, response_id)
    return Second(question=SecondQuestion(found.question), choice=found.choice) if found else None
