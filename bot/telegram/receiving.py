"""Raw updates into the inbox, however they came: readable ones are stored, in order, each once."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from storage import inbox
from storage.database import Connection, Database
from storage.inbox import ReceivedUpdate

log = logging.getLogger(__name__)


def readable(found: Iterable[Any]) -> list[ReceivedUpdate]:
    """Those that can be stored; one without a number is left out, and its batch lives."""
    received = []
    for body in found:
        update_id = body.get("update_id") if isinstance(body, dict) else None
        if isinstance(update_id, int):
            received.append(ReceivedUpdate(update_id=update_id, chat=_chat_of(body, update_id), body=body))
        else:
            log.warning("an update without a number was left out")
    return received


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
