"""What is learnt later of a hand-over that was cut off: a tap, a click, a report or a bounce settles it."""

from datetime import datetime

from scheduler.channel import Undeliverable
from storage import unknowns
from storage.database import Connection
from storage.statuses import DeliveryKind
from storage.unsent import suppress_addresses


async def settle_unknown_by_token(
    connection: Connection,
    *,
    token: str,
    now: datetime,
    kind: DeliveryKind | None = None,
    channel: str | None = None,
) -> list[int]:
    """unknown → sent: only who got the message has its token. Returns the ids of the deliveries.

    :param kind, channel: which delivery a report names; None: whatever of the token is unknown
    """
    return await unknowns.settle_arrived(connection, token, now, kind=kind, channel=channel)


async def settle_bounced_by_token(
    connection: Connection,
    *,
    token: str,
    now: datetime,
    kind: DeliveryKind,
    channel: str,
    reference: str,
    error: Undeliverable,
) -> list[int]:
    """unknown, sent → undeliverable: the other side gave it back. Returns the ids of the deliveries.

    :param reference: the bounced message's, as its Message-ID

    A dead address is not asked on any more; `scheduler.asking.rerouting.reroute` sends the question another way.
    """
    moved = await unknowns.settle_refused(
        connection, token, now, reason=error.reason, reference=reference, kind=kind, channel=channel
    )
    if moved and error.address_is_dead:
        await suppress_addresses(connection, moved, error.reason, now)
    return moved
