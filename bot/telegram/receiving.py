"""Raw updates into the inbox, however they came: readable ones are stored, in order, each once."""

import json
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from storage import inbox
from storage.database import Connection, Database
from storage.inbox import ReceivedUpdate

NUMBERS = range(-(2**63), 2**63)  # what a column holds

log = logging.getLogger(__name__)


def number_of(body: object) -> int | None:
    """The number by which an update is confirmed, however large; None: it has none."""
    number = body.get("update_id") if isinstance(body, dict) else None
    return number if type(number) is int else None


def readable(found: Iterable[Any]) -> list[ReceivedUpdate]:
    """Those that can be stored; one without a number that fits is left out, and its batch lives."""
    received = []
    for body in found:
        number = number_of(body)
        if number is None:
            log.warning("an update without a number was left out")
        elif number not in NUMBERS:
            log.error("an update was left out: its number does not fit into 64 bits")
        else:
            received.append(_read(number, body))
    return received


def _read(number: int, body: dict[str, Any]) -> ReceivedUpdate:
    """An update, or a dead letter in its place where no database takes what it holds."""
    chat = _chat_of(body, number)
    try:
        json.dumps(body, allow_nan=False)
    except (ValueError, RecursionError) as error:
        log.error("update %s is a dead letter: it cannot be stored (%s)", number, type(error).__name__)
        why = f"cannot be stored: {error}"
        return ReceivedUpdate(update_id=number, chat=chat, body={"update_id": number}, error=why)
    return ReceivedUpdate(update_id=number, chat=chat, body=body)


async def store(database: Database, received: list[ReceivedUpdate], now: datetime) -> int:
    """Stores and commits them: after that they may be confirmed. How many were new."""

    async def step(connection: Connection) -> int:
        return await inbox.store_updates(connection, received, now)

    return await database.write_whole(step)


def _chat_of(body: dict[str, Any], update_id: int) -> str:
    """The chat that an update belongs to; one that names none is in nobody's way."""
    message = _part(body, "message") or _part(_part(body, "callback_query"), "message") or _part(body, "my_chat_member")
    chat = _part(message, "chat") or _part(_part(body, "callback_query"), "from")
    return str(chat["id"]) if isinstance(chat.get("id"), int) else f"update:{update_id}"


def _part(body: dict[str, Any], name: str) -> dict[str, Any]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}
