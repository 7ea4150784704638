"""Words for the staff: where they hear them, and how they are queued."""

from datetime import datetime

from bot.config import Settings
from bot.notifiers import digest_targets
from bot.telegram import CHANNEL as TELEGRAM
from scheduler.digesting import Target
from scheduler.outbox import MessageKind, queue_message
from storage.database import Connection


def staff_targets(settings: Settings, group: str) -> list[Target]:
    """Those who see to cases, in their group; else those who get the digest, in the chat before by letter.

    :param group: of the cases; empty: there is none
    """
    if group:
        return [Target(TELEGRAM, group)]
    targets = [target for target in digest_targets(settings) if target.store is None]
    return [target for target in targets if target.channel == TELEGRAM] or targets


async def queue_words(
    connection: Connection, targets: list[Target], payload: dict[str, str], *, cause: str, now: datetime
) -> None:
    """Queues the same words for each of them.

    :param payload: text, and of a letter its subject
    """
    for number, target in enumerate(targets):
        await queue_message(
            connection, key=f"{cause}:{number}", kind=MessageKind.TEXT, channel=target.channel,
            target=target.address, payload=payload, now=now,
        )  # fmt: skip
