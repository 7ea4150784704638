"""Whether a posted answer is a person's: mail scanners open every link, and some press every button."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from scheduler.asking.policy import Policy
from scheduler.closing import follow
from storage import responses, suspects
from storage.database import Connection
from storage.statuses import ResponseChannel

QUICKEST = timedelta(seconds=0.3)  # from being sent a page to posting its form; people need a second and more
BURST = timedelta(seconds=5)
BURST_SCORES = 3  # different ones: two are a slip and its correction
POSTED = (ResponseChannel.EMAIL, ResponseChannel.WEB)  # in the chat a person taps to and fro


class Suspicion(StrEnum):
    """Why an answer may be no person's."""

    TRAP = "trap"  # filled in a field that nobody sees
    NO_PAGE = "no_page"  # posted without the page that asks, or with another's
    TOO_FAST = "too_fast"  # posted sooner after its page than a person could
    MANY_SCORES = "many_scores"  # several different scores within seconds
    ONE_ADDRESS = "one_address"  # one of many by a public link from one address


def judge_post(*, is_trapped: bool, opened_at: datetime | None, now: datetime) -> Suspicion | None:
    """What a posted form itself tells.

    :param opened_at: when its page was sent; None: the form doesn't say, so it came from no page
    """
    if is_trapped:
        return Suspicion.TRAP
    if opened_at is None:
        return Suspicion.NO_PAGE
    return Suspicion.TOO_FAST if timedelta(0) <= now - opened_at < QUICKEST else None


async def find_burst(
    connection: Connection, row: Any, score: int, channel: ResponseChannel, now: datetime
) -> Suspicion | None:
    """Whether this score is one of several different ones within seconds; an accepted answer is beyond doubt."""
    if row.response_id is None or row.accepted_at is not None or channel not in POSTED:
        return None
    lately = await suspects.scores_since(connection, row.response_id, now - BURST)
    return Suspicion.MANY_SCORES if len(lately | {score}) >= BURST_SCORES else None


async def doubt(
    connection: Connection, row: Any, *, score: int, channel: ResponseChannel, why: str, now: datetime
) -> bool:
    """Keeps a suspect score of what has an answer; True: beside it, because a person's stands."""
    told = {"score": score, "suspect": why, **_by(row, channel)}
    if is_doubtful(row):
        await responses.change_response(connection, row.response_id, now, **told)
        return False
    settled = None
    if why == Suspicion.MANY_SCORES:
        settled = await suspects.version_before(connection, row.response_id, now - BURST)
        if settled is None:  # the answer that stands came with the same burst
            await suspects.reopen(connection, row.invitation_id)
            await responses.change_response(connection, row.response_id, now, **told)
            return False
    await suspects.set_aside(connection, row.response_id, now, score=score, channel=channel, suspect=why)
    if settled is not None and settled.score != row.score:
        await responses.change_response(connection, row.response_id, now, score=settled.score)
    return True


async def replace(connection: Connection, row: Any, given: Mapping[str, Any], *, now: datetime, day: date) -> None:
    """A person's answer takes the place of a suspect one, as if that had never been; its versions stay.

    :param given: score and by what it came
    """
    afresh = {"comment": None, "answered_at": now, "day": day, "changed_at": None, "suspect": None}
    await responses.change_response(
        connection, row.response_id, now, **given, **afresh, accepted_at=None, entered_by=None
    )
    await responses.settle_answered(connection, row.invitation_id, now)


async def accept(connection: Connection, policy: Policy, response_ids: Collection[int], now: datetime) -> list[int]:
    """Staff take suspect answers for a person's: they count from now on; those that were suspect."""
    accepted = await suspects.accept(connection, response_ids, now)
    for row in accepted:
        if row.invitation_id is not None:
            await responses.settle_answered(connection, row.invitation_id, row.answered_at)
        await follow(connection, policy, row.id, now)
    return [row.id for row in accepted]


def _by(row: Any, channel: ResponseChannel) -> dict[str, Any]:
    """Where it came by another channel, that; a page's source stays otherwise."""
    return {} if row.channel == channel else {"channel": channel}


def is_doubtful(row: Any) -> bool:
    """The answer that stands is suspect, and nobody has accepted it."""
    return row.suspect is not None and row.accepted_at is None
