"""A shop to campaign in: customers who differ by what audiences ask for."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.asking.audience import Audience
from scheduler.asking.campaigning import Campaign, create
from scheduler.asking.forecasting import Outlook, Shop
from scheduler.asking.starting import start
from storage.database import Database
from storage.models import Customer, Invitation, SaleLine
from storage.statuses import CampaignKind
from tests.flow.world import COMPANY, NOW, POLICY, add_customer, add_sale

CHANNELS = (("telegram", "telegram"), ("email", "email"))
SHOP = Shop(policy=POLICY, company=COMPANY, channels=CHANNELS, rates={"telegram": 25.0, "email": 10.0})


async def add_buyer(
    connection: AsyncConnection, number: int, *, lines: Sequence[dict[str, Any]] = (), **said: Any
) -> int:
    """A customer with a chat and a sale, numbered alike; `lines` are the sale's, `said` goes to either."""
    of_sale = {name: said.pop(name) for name in ("sold_at", "amount", "store", "manager") if name in said}
    said.setdefault("telegram", str(1000 + number))
    customer_id = await add_customer(connection, str(number), **said)
    sale_id = await add_sale(connection, customer_id, f"S{number}", **of_sale)
    for position, line in enumerate(lines, start=1):
        await connection.execute(insert(SaleLine).values(sale_id=sale_id, position=position, amount_e8=1, **line))
    return customer_id


async def fill(database: Database, count: int, first: int = 1, **said: Any) -> None:
    """So many customers who can all be asked."""
    async with database.begin() as connection:
        for number in range(first, first + count):
            await add_buyer(connection, number, **said)


def draft(name: str = "spring", **said: Any) -> Campaign:
    """A draft that is not kept yet; `audience` names count as the audience's."""
    of_campaign = {one: said.pop(one) for one in ("kind", "question", "channels", "cooldown_days") if one in said}
    campaign = Campaign(id=None, name=name, kind=CampaignKind.TRANSACTIONAL, audience=Audience(**said))
    return replace(campaign, **of_campaign)


async def start_new(database: Database, campaign: Campaign | None = None, shop: Shop = SHOP, **said: Any) -> Outlook:
    """Keeps a draft and starts it."""
    kept = await create(database, campaign or draft(**said), shop.policy, NOW)
    return await start(database, shop, kept.name, said.get("now", NOW))


async def asked(database: Database) -> list[str]:
    """The shop's numbers of those who have an invitation, each as often as they have one."""
    async with database.read() as connection:
        numbers = select(Customer.external_id).join(Invitation, Invitation.customer_id == Customer.id)
        return sorted((await connection.execute(numbers)).scalars(), key=int)


async def together(*work: Any) -> list[Any]:
    """Results or errors of what runs at once."""
    return list(await asyncio.gather(*work, return_exceptions=True))


LONG_AGO = NOW - timedelta(days=200)
