"""Cards of cases on their way to the staff: where each is told, and when there is more to show than it shows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from scheduler.outbox import MessageKind, queue_message
from storage import cases, outbox
from storage.attachments import places_in_case
from storage.chat_moves import follow_moves
from storage.database import Connection

CARDS_AT_ONCE = 50
KEYS = ("case", "case_notice", "case_note", "case_file")  # how keys of messages about a case begin; its number follows
ALL_KEYS = "case"  # how all of these begin


class Notice(StrEnum):
    """What is said about a case under its card."""

    OVERDUE = "overdue"  # nobody has resolved it for long
    ESCALATED = "escalated"  # for very long
    CALLED_BACK = "called_back"  # until now it was put off
    HANDED = "handed"  # somebody else sees to it from now on
    REPLIED = "replied"  # the customer wrote back
    WORSE = "worse"  # it was resolved, and the customer is unhappier since: it is open again
    LOST = "lost"  # the shop's answer could not be brought to the customer


@dataclass(frozen=True)
class Place:
    """A chat of the staff's, and where it is a forum the topic."""

    chat: str
    topic: int | None = None


PlaceOf = Callable[[str | None, str | None], Place]  # of a sale's store and manager


async def queue_cards(connection: Connection, *, channel: str, place_of: PlaceOf, now: datetime) -> int:
    """Queues the cards of cases that changed since their card was last queued; how many."""
    untold = await cases.take_untold(connection, CARDS_AT_ONCE)
    origins = await cases.find_origins(connection, [case_id for case_id, _ in untold])
    for case_id, version in untold:
        place = place_of(*origins[case_id])
        chat = await follow_moves(connection, place.chat)
        has_moved = chat != place.chat and not place.chat.startswith("@")
        topic = None if has_moved else place.topic  # a supergroup begins without topics
        await cases.stand_at(connection, case_id, chat, topic)
        await queue_message(
            connection, key=f"{card_key(case_id)}{version}", kind=MessageKind.CASE_CARD, channel=channel,
            target=chat, payload=payload_of(case_id, topic, now), now=now,
        )  # fmt: skip
    return len(untold)


async def queue_notice(
    connection: Connection, case_id: int, what: Notice, *, cause: str, channel: str, now: datetime,
    target: str | None = None, **more: Any,
) -> bool:  # fmt: skip
    """Queues a notice, once for its cause; False: it was there, or the case's card was told nowhere yet.

    :param target: another chat than the card's
    """
    row = await cases.load_case(connection, case_id)
    if row is None or not (target or row.chat):
        return False
    topic = row.topic if target is None else None
    chat = await follow_moves(connection, target or row.chat)
    return await queue_message(
        connection, key=notice_key(case_id, what, cause), kind=MessageKind.CASE_NOTICE, channel=channel,
        target=chat, payload=payload_of(case_id, topic, now, what=str(what), **more), now=now,
    )  # fmt: skip


async def queue_files(connection: Connection, case_id: int, *, cause: str, channel: str, now: datetime) -> int:
    """Queues the customer's files, to be shown where the card stands; how many. One that waits already waits once."""
    row, files = await cases.load_case(connection, case_id), len(await places_in_case(connection, case_id))
    if row is None or not row.chat:
        return 0
    for number in range(files):
        key = f"case_file:{case_id}:{number}:"
        if await outbox.is_queued(connection, key, target=row.chat):
            continue
        await queue_message(
            connection, key=f"{key}{cause}", kind=MessageKind.CASE_FILE, channel=channel, target=row.chat,
            payload=payload_of(case_id, row.topic, now, file=number), now=now,
        )  # fmt: skip
    return files


def notice_key(case_id: int, what: Notice, cause: str) -> str:
    """The key of a notice."""
    return f"case_notice:{case_id}:{what}:{cause}"


def case_of_key(key: str | None) -> int | None:
    """The case that a message speaks of; None: of none."""
    kind, _, rest = (key or "").partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind in KEYS and number.isdecimal() else None


def card_key(case_id: int) -> str:
    """How the keys of the messages that show a case begin."""
    return f"case:{case_id}:"


def payload_of(case_id: int, topic: int | None, now: datetime, **more: Any) -> dict[str, Any]:
    """What a message about a case holds; it is worded when it is told."""
    return {"case": case_id, "topic": topic, "as_of": now.isoformat(), **more}
