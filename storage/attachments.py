"""Files that a customer sent with an answer, as references: what Telegram calls them, never the files themselves."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Response
from storage.statuses import AttachmentKind


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """One file."""

    kind: AttachmentKind
    file_id: str  # Telegram's name for it, good for the shop's bot alone
    message_id: int  # in the customer's chat


async def attach(connection: AsyncConnection, response_id: int, attachment: Attachment, most: int) -> bool:
    """Adds a file to an answer that the caller holds; False where it has so many already."""
    found = await connection.execute(select(Response.attachments).where(Response.id == response_id))
    kept = found.scalar_one() or []
    if len(kept) >= most:
        return False
    values = {"attachments": [*kept, asdict(attachment)]}
    await connection.execute(update(Response).where(Response.id == response_id).values(values))
    return True


def kinds_of(attachments: Iterable[Mapping[str, Any]] | None) -> list[str]:
    """What the files of a row are, in the order in which they came."""
    return [one["kind"] for one in attachments or ()]
