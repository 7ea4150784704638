"""The choice of a pick: who is the same person, who comes first, and queueing those chosen a stretch at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    union_all,
    update,
    values,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.cooldowns import is_cool, may_be_asked, take_addresses, take_customers
from storage.functions import later
from storage.invitations import is_about, queue_invitations
from storage.models import Address, Customer, Sale
from storage.picking_tables import CANDIDATE, CHOSEN
from storage.recovery import newest_case, occasion_of
from storage.types import UtcDateTime

ONCE = "campaign"  # the occasion of an invitation that speaks of no sale
NEWEST_FIRST = (CANDIDATE.c.sold_on.desc(), CANDIDATE.c.place)  # the order of the daily round
CHOSEN_ADDRESSES = (CHOSEN.c.email_address_id, CHOSEN.c.phone_address_id, CHOSEN.c.telegram_address_id)


class Overtaken(Exception):
    """Somebody was asked, complained or went away after the choice: roll back, `drop_overtaken`, try again."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Some of those chosen, to be queued in one transaction."""

    first: int  # position
    last: int  # position, included

    @property
    def rows(self) -> ColumnElement[bool]:
        """Which of the table they are."""
        return CHOSEN.c.position.between(self.first, self.last)


async def mark_same_person(connection: AsyncConnection, reason: str) -> None:
    """Gives the reason to every eligible candidate who shares an e-mail address or phone with one who comes before.

    A chat needs no look: it belongs to one customer.
    """
    eligible = CANDIDATE.c.reason.is_(None)
    later_ones = []
    for address in (CANDIDATE.c.email_address_id, CANDIDATE.c.phone_address_id):
        shared = (
            select(address.label("address_id"), func.min(CANDIDATE.c.place).label("first"))
            .where(eligible, address.is_not(None))
            .group_by(address)
            .having(func.count() > 1)
            .subquery()
        )
        found = select(CANDIDATE.c.customer_id).join(shared, shared.c.address_id == address)
        later_ones.append(found.where(eligible, CANDIDATE.c.place > shared.c.first))
    await connection.execute(
        update(CANDIDATE).where(CANDIDATE.c.customer_id.in_(union_all(*later_ones))).values(reason=reason)
    )


async def count_reasons(connection: AsyncConnection) -> dict[str | None, int]:
    """Reason → candidates; None: eligible."""
    counted = await connection.execute(select(CANDIDATE.c.reason, func.count()).group_by(CANDIDATE.c.reason))
    return {row.reason: row[1] for row in counted}


async def eligible_zones(connection: AsyncConnection) -> list[str]:
    """The time zones of those who are eligible, as the shop wrote them; "" for none."""
    zones = await connection.execute(select(CANDIDATE.c.timezone).where(CANDIDATE.c.reason.is_(None)).distinct())
    return list(zones.scalars())


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How those to be asked are taken from those who are eligible."""

    limit: int | None  # None: all
    newest_first: bool  # by the day of the sale, then in the seeded order; False: in the seeded order alone
    about_sales: bool  # False: the question speaks of no sale
    about_cases: bool = False  # of the customer's newest case, and of no sale
    expire: timedelta | None  # after the sale, then what is unsent is cancelled; None: at `send_before`
    send_before: datetime


async def choose(connection: AsyncConnection, due: Mapping[str, datetime], choice: Choice) -> None:
    """Chooses from the eligible. `due`: time zone → when the question may be sent."""
    eligible = select(CANDIDATE).where(CANDIDATE.c.reason.is_(None))
    if choice.limit is not None:
        order = NEWEST_FIRST if choice.newest_first else (CANDIDATE.c.place,)
        eligible = eligible.order_by(*order).limit(choice.limit)
    them = eligible.subquery("them").c
    zones = values(column("zone", Text), column("due_at", UtcDateTime), name="zones").data(list(due.items())).cte()
    fixed = literal(choice.send_before, CHOSEN.c.send_before.type)
    rows = select(
        them.customer_id,
        them.sale_id if choice.about_sales else cast(null(), BigInteger),
        _occasion(them, choice),
        fixed if choice.expire is None else later(them.sold_at, choice.expire),
        them.channel,
        them.address_id,
        zones.c.due_at,
        them.email_address_id,
        them.phone_address_id,
        them.telegram_address_id,
    ).outerjoin(zones, zones.c.zone == them.timezone)
    in_order = rows.order_by(zones.c.due_at, them.channel, them.customer_id)
    await connection.execute(insert(CHOSEN).from_select(list(CHOSEN.c)[1:], in_order))  # positions come by themselves


def _occasion(them: Any, choice: Choice) -> ColumnElement[str]:
    if choice.about_cases:
        return occasion_of(newest_case(them.customer_id))
    return literal("sale:").concat(cast(them.sale_id, Text)) if choice.about_sales else literal(ONCE)


async def count_channels(connection: AsyncConnection) -> dict[str, int]:
    """Channel → those chosen."""
    counted = await connection.execute(select(CHOSEN.c.channel, func.count()).group_by(CHOSEN.c.channel))
    return {row.channel: row[1] for row in counted}


async def count_languages(connection: AsyncConnection) -> dict[str, int]:
    """Language of the customer, "" where the shop told none → those chosen."""
    language = func.coalesce(Customer.language, "")
    counted = select(language, func.count()).join(CHOSEN, CHOSEN.c.customer_id == Customer.id).group_by(language)
    return {row[0]: row[1] for row in await connection.execute(counted)}


async def queue_stretch(
    connection: AsyncConnection,
    stretch: Stretch,
    *,
    campaign_id: int,
    now: datetime,
    cooled_before: datetime,
    link_until: datetime,
) -> int:
    """Takes their cool-down and queues their invitations; how many.

    :raises Overtaken: not everybody's could be taken: nothing of this transaction may be kept
    """
    asked = select(CHOSEN).where(stretch.rows).subquery("asked")
    customers, addresses = await _count_people(connection, stretch)
    people = select(CHOSEN.c.customer_id).where(stretch.rows)
    theirs = union_all(*(select(one).where(stretch.rows, one.is_not(None)) for one in CHOSEN_ADDRESSES))
    if await take_customers(connection, people, now=now, cooled_before=cooled_before) != customers:
        raise Overtaken
    if await take_addresses(connection, theirs, now=now, cooled_before=cooled_before) != addresses:
        raise Overtaken
    try:
        return await queue_invitations(connection, asked, campaign_id=campaign_id, now=now, link_until=link_until)
    except IntegrityError as error:
        raise Overtaken from error


async def drop_overtaken(
    connection: AsyncConnection, stretch: Stretch, *, now: datetime, cooled_before: datetime
) -> int:
    """Takes those out of the choice who cannot be asked any more; how many."""
    customer = exists().where(Customer.id == CHOSEN.c.customer_id, may_be_asked(now=now, cooled_before=cooled_before))
    same = exists().where(Sale.id == CHOSEN.c.sale_id, Sale.customer_id == CHOSEN.c.customer_id)
    sale = CHOSEN.c.sale_id.is_(None) | same
    invited = exists().where(is_about(CHOSEN.c.sale_id))
    addresses = [
        one.is_(None) | exists().where(Address.id == one, is_cool(Address, now=now, cooled_before=cooled_before))
        for one in CHOSEN_ADDRESSES
    ]
    dropped = await connection.execute(delete(CHOSEN).where(stretch.rows, ~and_(customer, sale, ~invited, *addresses)))
    return dropped.rowcount


async def keep_first(connection: AsyncConnection, stretch: Stretch, count: int) -> None:
    """Takes all but the first `count` of a stretch out of the choice."""
    kept = select(CHOSEN.c.position).where(stretch.rows).order_by(CHOSEN.c.position).limit(count)
    await connection.execute(delete(CHOSEN).where(stretch.rows, CHOSEN.c.position.not_in(kept)))


async def _count_people(connection: AsyncConnection, stretch: Stretch) -> tuple[int, int]:
    """(customers, addresses) of a stretch; nobody shares an address with another, see `mark_same_person`."""
    counted = await connection.execute(
        select(func.count(), *(func.count(one) for one in CHOSEN_ADDRESSES)).where(stretch.rows)
    )
    customers, *addresses = counted.one()
    return customers, sum(addresses)
