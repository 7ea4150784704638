"""Files that a customer sent with an answer, as references: what Telegram calls them, never the files themselves."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models import Address, Case, Customer, Response
from storage.statuses import AttachmentKind

MOST = 20  # files of one answer


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """One file."""

    kind: AttachmentKind
    file_id: str  # Telegram's name for it, good for the shop's bot alone
    message_id: int  # in the customer's chat
    chat: str  # that one, as decimal digits; files that older versions kept have none


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


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a file can be copied from."""

    chat: str
    message_id: int


async def places_in_case(connection: AsyncConnection, case_id: int) -> list[Place]:
    """Of the files of the answer that became a case, in the order in which they came; of older ones in the chat that
    the customer has now. Those of which nobody knows the chat any more are left out."""
    statement = (
        select(Response.attachments, Address.value.label("chat"))
        .join_from(Case, Response, Response.id == Case.response_id)
        .join(Customer, Customer.id == Case.customer_id)
        .outerjoin(Address, Address.id == Customer.telegram_address_id)
        .where(Case.id == case_id)
    )
    found = (await connection.execute(statement)).one_or_none()
    kept = (found.attachments or []) if found else []
    chats = [(one.get("chat") or (found.chat if found else None), one) for one in kept]
    return [Place(chat=chat, message_id=one["message_id"]) for chat, one in chats if chat and "message_id" in one]


def kinds_of(attachments: Iterable[Mapping[str, Any]] | None) -> list[str]:
    """What the files of a row are, in the order in which they came."""
    return [one["kind"] for one in attachments or ()]
