"""Distrust of letters: of how many recipients it is tells whether it is of us or of one domain's policy."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from scheduler.events import log_event
from scheduler.troubles import note
from storage import gauges, mailbox
from storage.database import Connection
from storage.rates import pause_resource
from storage.statuses import EpisodeKind, LetterKind

PAUSE = timedelta(minutes=15)  # of the mail server
TIME = timedelta(days=1)
MOST_DOMAINS, MOST_ADDRESSES = 3, 5  # whichever is reached first
SHARE = 0.05  # of the letters of that time: fewer that come back are single cases, however many they are

log = logging.getLogger(__name__)


def are_several(addresses: Collection[str]) -> bool:
    """Whether the recipients of distrusted letters are too many for it to be about them: then it is us."""
    domains = {address.rpartition("@")[2] for address in addresses}
    return len(domains) >= MOST_DOMAINS or len(addresses) >= MOST_ADDRESSES


async def follow_distrust(connection: Connection, channel: str, reason: str, now: datetime) -> None:
    """After such a letter was written down: where it is us, the others rest for a while and staff hear of it."""
    is_us = await _is_us(connection, channel, now - TIME)
    seconds = PAUSE.total_seconds() if is_us else 0.0
    log_event(log, "letter_distrusted", level=logging.WARNING, reason=reason, seconds=seconds)
    if is_us:  # more letters would only make it worse: what a server thinks of us, others hear of
        await pause_resource(connection, channel, seconds)
        await note(connection, channel, EpisodeKind.DISTRUSTED, reason, now)


async def _is_us(connection: Connection, channel: str, since: datetime) -> bool:
    found = await mailbox.bounced_addresses(connection, LetterKind.REFUSED_BOUNCE, since)
    addresses = {address for address in found if "@" in address}  # one that was erased meanwhile has no domain
    if not are_several(addresses):
        return False
    handed_over = await gauges.count_handed_over(connection, since)
    letters = sum(count for (name, _status), count in handed_over.items() if name == channel)
    return len(addresses) >= SHARE * letters
