"""Answers by a public link: each visit of its page is one answer at the most, and nobody knows whose."""

from scheduler.answering import UnknownInvitation
from scheduler.asking.policy import Policy
from scheduler.company import Company
from scheduler.nameless import Kept, Said, record_nameless
from storage.counters import find_counter
from storage.database import Connection
from storage.functions import is_token
from storage.nameless import find_named
from storage.statuses import ResponseSource


async def require_counter(connection: Connection, token: str) -> int:
    """The id of a public link.

    :raises UnknownInvitation: it leads nowhere
    """
    row = await find_counter(connection, token) if is_token(token) else None
    if row is None:
        raise UnknownInvitation
    return int(row.id)


async def is_answered(connection: Connection, visit: str) -> bool:
    """Whether the visit has left an answer already."""
    return await find_named(connection, {"visit": visit}) is not None


async def record_visit(
    connection: Connection, policy: Policy, company: Company, said: Said, *, token: str, visit: str
) -> Kept:
    """Stores or changes the answer of a visit, its history kept.

    :param visit: of the page, which nobody else has
    :raises NotAScore: it is no whole number from 0 to 10
    :raises UnknownInvitation: the link leads nowhere
    """
    beside = {"counter_id": await require_counter(connection, token), "source": ResponseSource.COUNTER}
    return await record_nameless(connection, policy, company, said, name={"visit": visit}, beside=beside)
