"""Files that a customer sends after a score: a voice message, a photo. Kept as references with the answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.answering import comment_from_chat, find_invitation
from scheduler.asking.policy import Policy
from scheduler.closing import follow
from storage import attachments, responses
from storage.attachments import Attachment
from storage.database import Connection


@dataclass(frozen=True, kw_only=True)
class Attached:
    """What became of a file."""

    is_kept: bool  # False: the answer has as many as are kept
    is_truncated: bool  # only the beginning of its caption was kept


async def attach_from_chat(
    connection: Connection, policy: Policy, *, chat: str, file: Attachment, caption: str, now: datetime
) -> Attached | None:
    """Takes a file that follows a score within policy.comment_hours, and its caption as the comment.

    None where nothing of this chat waits for a comment.
    """
    latest = await responses.latest_of_chat(connection, chat, now - timedelta(hours=policy.comment_hours))
    if latest is None:
        return None
    await find_invitation(connection, latest.token, lock=True)
    is_kept = await attachments.attach(connection, latest.id, file)
    comment = await comment_from_chat(connection, policy, chat=chat, text=caption, now=now)
    await follow(connection, policy, latest.id, now)
    return Attached(is_kept=is_kept, is_truncated=comment is not None and comment.is_truncated)
