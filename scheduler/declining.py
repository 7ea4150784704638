"""A customer declines one question, or takes that back; opting out of everything is `contacting`."""

from datetime import datetime

from scheduler.answering import find_invitation
from scheduler.asking.unknowns import settle_unknown_by_token
from scheduler.contacting import opt_in
from storage import declines
from storage.database import Connection


async def decline(connection: Connection, *, token: str, now: datetime) -> None:
    """Nothing more is sent for this question, no reminder either; an answer is still taken.

    :raises UnknownInvitation: the token leads nowhere
    """
    row = await find_invitation(connection, token, lock=True)
    await settle_unknown_by_token(connection, token=token, now=now)
    await declines.decline(connection, row.invitation_id, now)


async def undo(connection: Connection, *, token: str) -> None:
    """Takes back whatever was said by this token: the question may be asked again, and so may others.

    :raises UnknownInvitation: the token leads nowhere
    """
    row = await find_invitation(connection, token, lock=True)
    await declines.take_back(connection, row.invitation_id)
    await opt_in(connection, token=token)
