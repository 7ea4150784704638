"""Files that a customer sent with an answer, as references: what Telegram calls them, never the files themselves."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Case, Response
from storage.statuses import AttachmentKind

MOST = 20  # files of one answer


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """One file."""

    kind: AttachmentKind
    file_id: str  # Telegram's name for it, good for the shop's bot alone
    message_id: int  # in the customer's chat


async def attach(connection: AsyncConnection, response_id: int, attachment: Attachment) -> bool:
    """Adds a file to an answer; False where it has MOST already."""
    held = select(Response.attachments).where(Response.id == response_id).with_for_update(key_share=True)
    kept = (await connection.execute(held)).scalar_one() or []
    if len(kept) >= MOST:
        return False
    values = {"attachments": [*kept, asdict(attachment)]}
    await connection.execute(update(Response).where(Response.id == response_id).values(values))
    return True


async def attach_to_case(connection: AsyncConnection, case_id: int, attachment: Attachment) -> bool:
    """Adds a file to the answer that became a case."""
    found = await connection.execute(select(Case.response_id).where(Case.id == case_id))
    return await attach(connection, found.scalar_one(), attachment)


def kinds_of(attachments: Iterable[Mapping[str, Any]] | None) -> list[str]:
    """What the files of a row are, in the order in which they came."""
    return [one["kind"] for one in attachments or ()]
