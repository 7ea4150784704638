"""The right to be forgotten: by the person in the chat, or by staff for whoever asks them."""

from datetime import datetime

from scheduler.contacting import owner_of_chat
from scheduler.noting import UnknownCustomer
from storage import erasing, personal
from storage.database import Connection
from storage.turns import wait_for_customers


async def forget_chat(connection: Connection, *, chat: str, now: datetime) -> bool:
    """Erases the customer of a chat; of a stranger's what the chat itself left here. False: it was a stranger."""
    await wait_for_customers(connection)
    owner = await owner_of_chat(connection, chat=chat)
    if owner is None:
        await erasing.erase_chat(connection, chat, now)
        return False
    await erasing.erase_customer(connection, owner.customer_id, now)
    return True


async def forget_customer(connection: Connection, *, number: str, now: datetime) -> None:
    """Erases the customer with this number of the shop's.

    :raises UnknownCustomer: there is none
    """
    await wait_for_customers(connection)
    customer = await personal.find_customer(connection, number)
    if customer is None:
        raise UnknownCustomer(number)
    await erasing.erase_customer(connection, customer.id, now)
