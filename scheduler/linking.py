"""Deep links into the chat, one a customer: a bot cannot write first, so receipts and parcels carry them."""

from collections.abc import AsyncIterator
from datetime import datetime

from scheduler.noting import UnknownCustomer
from storage import links, responses
from storage.database import Database
from storage.links import Link

BATCH = 1_000  # customers


async def link_of(database: Database, customer: str, now: datetime) -> Link:
    """The customer's link, made at need: always the same.

    :param customer: the shop's number
    :raises UnknownCustomer: there is none of that number
    """
    async with database.begin() as connection:
        customer_id = await responses.find_customer(connection, customer)
        if customer_id is None:
            raise UnknownCustomer(customer)
        await links.ensure_links(connection, customer_id, customer_id, now)
        for link in await links.read_links(connection, customer_id, customer_id):
            return link
        raise UnknownCustomer(customer)  # any more: erased


async def all_links(database: Database, now: datetime) -> AsyncIterator[Link]:
    """The link of every customer, made at need, in the order of the customers; memory stays flat."""
    last = 0
    while True:
        async with database.begin() as connection:
            ids = await links.next_ids(connection, last, BATCH)
            if not ids:
                return
            await links.ensure_links(connection, ids[0], ids[-1], now)
            batch = await links.read_links(connection, ids[0], ids[-1])
        for link in batch:
            yield link
        last = ids[-1]
