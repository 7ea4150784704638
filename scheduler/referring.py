"""People who come into the chat by a customer's link for friends: recorded, and known again once they are customers."""

import re
from datetime import datetime

from scheduler.company import Company
from scheduler.contacting import chat_unblocked, opt_in, owner_of_chat
from storage import chats, referrals
from storage.addresses import ensure_addresses
from storage.database import Connection
from storage.statuses import AddressKind

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


async def come_by_link(
    connection: Connection, company: Company, *, token: str, chat: str, now: datetime
) -> bool | None:
    """Records by whose link a private chat came; the chat joins nobody by it.

    None: it is no such link. False: the chat has a customer already, the link's own or another: nobody was won.
    """
    referrer_id = await referrals.find_referrer(connection, token) if _TOKEN.fullmatch(token) else None
    if referrer_id is None:
        return None
    await chat_unblocked(connection, chat=chat)
    await opt_in(connection, chat=chat)
    if await owner_of_chat(connection, chat=chat):
        return False
    address_id = await chats.ensure_chat(connection, chat)
    await referrals.keep_arrival(
        connection, referrer_id=referrer_id, address_id=address_id, came_at=now, came_on=company.local_day(now)
    )
    return True


async def keep_number(connection: Connection, *, chat: str, number: str) -> bool:
    """Keeps the own number (E.164) of somebody who came by a link and is no customer yet; False: they did not."""
    arrival = await referrals.find_arrival(connection, chat)
    if arrival is None:
        return False
    found = await ensure_addresses(connection, AddressKind.PHONE, [number])
    await referrals.keep_phone(connection, arrival.id, found[number])
    return True
