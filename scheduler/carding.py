"""Cards of cases on their way to the staff: where each is told, and when there is more to show than it shows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scheduler.outbox import MessageKind, queue_message
from storage import cases
from storage.chat_moves import follow_moves
from storage.database import Connection

CARDS_AT_ONCE = 50


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
        topic = place.topic if chat == place.chat else None  # a supergroup begins without topics
        await cases.stand_at(connection, case_id, chat, topic)
        await queue_message(
            connection, key=f"{card_key(case_id)}{version}", kind=MessageKind.CASE_CARD, channel=channel,
            target=chat, payload=payload_of(case_id, topic, now), now=now,
        )  # fmt: skip
    return len(untold)


def card_key(case_id: int) -> str:
    """How the keys of the messages that show a case begin."""
    return f"case:{case_id}:"


def payload_of(case_id: int, topic: int | None, now: datetime, **more: Any) -> dict[str, Any]:
    """What a message about a case holds; it is worded when it is told."""
    return {"case": case_id, "topic": topic, "as_of": now.isoformat(), **more}
