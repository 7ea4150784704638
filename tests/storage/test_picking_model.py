"""Picking by sets against the same rules spelled out customer by customer, over invented shops."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select, update

from scheduler.asking.picking import pick
from scheduler.asking.policy import Policy
from scheduler.asking.rules import SkipReason
from storage.database import Database
from storage.models import Address, Customer, Invitation
from tests.flow.world import COMPANY, NOW, add_customer, add_sale, ensure_campaign
from tests.storage.picking_shop import CHANNELS

DAY = timedelta(days=1)
PEOPLE = 120
POLICY = Policy(daily_limit=7)


@dataclass
class Mail:
    """An address, shared by several customers now and then."""

    value: str
    asked_at: datetime | None
    opted_out_at: datetime | None
    undeliverable_at: datetime | None


@dataclass
class Person:
    """A customer as invented."""

    number: str
    mail: Mail | None
    consent: bool | None
    asked_at: datetime | None
    not_before: datetime | None
    opted_out_at: datetime | None
    sales: list[tuple[datetime, str]] = field(default_factory=list)  # (when, open, invited or returned)


def invent(chance: Random) -> list[Person]:
    """A shop in which every rule applies to somebody."""

    def rarely(value: datetime, share: float = 0.08) -> datetime | None:
        return value if chance.random() < share else None

    mails = [
        Mail(f"m{n}@example.test", rarely(NOW - chance.randrange(200) * DAY, 0.2), rarely(NOW), rarely(NOW))
        for n in range(PEOPLE)
    ]
    people = [
        Person(
            number=f"C{number}",
            mail=chance.choice(mails) if chance.random() < 0.9 else None,
            consent=chance.choice([None, None, True, True, True, False]),
            asked_at=rarely(NOW - chance.randrange(200) * DAY, 0.2),
            not_before=rarely(NOW + chance.randrange(-5, 5) * DAY),
            opted_out_at=rarely(NOW),
        )
        for number in range(PEOPLE)
    ]
    for person in people:
        for _ in range(chance.choice([0, 1, 1, 2, 3])):
            when = NOW - chance.randrange(24) * DAY
            person.sales.append((when, chance.choice(["open", "open", "open", "invited", "returned"])))
    return people


async def store(database: Database, people: list[Person]) -> None:
    async with database.begin() as connection:
        campaign_id = await ensure_campaign(connection)
        for person in people:
            address = {"email": person.mail.value} if person.mail else {}
            customer_id = await add_customer(
                connection, person.number, consent=person.consent, asked_at=person.asked_at,
                not_before=person.not_before, opted_out_at=person.opted_out_at, **address,
            )  # fmt: skip
            for index, (when, state) in enumerate(person.sales):
                number = f"{person.number}-{index}"
                sale_id = await add_sale(connection, customer_id, number, sold_at=when)
                if state == "returned":
                    await add_sale(connection, customer_id, f"R{number}", amount=-1, returns_sale=number, sold_at=NOW)
                if state == "invited":
                    row = {
                        "token": number, "campaign_id": campaign_id, "customer_id": customer_id, "sale_id": sale_id,
                        "occasion": number, "status": "closed", "asked": False, "queued_at": NOW - 2 * DAY,
                        "send_before": NOW, "link_until": NOW,
                    }  # fmt: skip
                    await connection.execute(Invitation.__table__.insert().values(**row))  # type: ignore[attr-defined]
        for mail in {id(one.mail): one.mail for one in people if one.mail}.values():
            await connection.execute(
                update(Address)
                .where(Address.value == mail.value)
                .values(asked_at=mail.asked_at, opted_out_at=mail.opted_out_at, undeliverable_at=mail.undeliverable_at)
            )


def reason_against(person: Person) -> SkipReason | None:
    """The first that tells, without those that other customers have to do with."""
    states = [state for when, state in person.sales if NOW - 14 * DAY <= when <= NOW - 3 * DAY]
    mail, cooled = person.mail, NOW - 90 * DAY
    checks = [
        (SkipReason.RETURNED, all(state == "returned" for state in states)),
        (SkipReason.OPTED_OUT, person.opted_out_at or (mail and mail.opted_out_at)),
        (SkipReason.NO_CONSENT, person.consent is False),
        (SkipReason.UNREACHABLE, mail is None),
        (SkipReason.UNDELIVERABLE, mail and mail.undeliverable_at),
        (SkipReason.ALREADY_ASKED, "open" not in states),
        (SkipReason.COOLDOWN, any(at and at > cooled for at in (person.asked_at, mail and mail.asked_at))),
        (SkipReason.NOT_NOW, person.not_before and person.not_before > NOW),
    ]
    return next((reason for reason, holds in checks if holds), None)


@pytest.mark.parametrize("seed", range(6))
async def test_every_customer_is_counted_once_for_the_reason_that_holds(database: Database, seed: int) -> None:
    people = invent(Random(seed))
    await store(database, people)
    candidates = [one for one in people if any(NOW - 14 * DAY <= when <= NOW - 3 * DAY for when, _ in one.sales)]
    expected = Counter(reason_against(one) for one in candidates)
    free = [one.mail.value for one in candidates if reason_against(one) is None and one.mail]
    expected[SkipReason.SAME_PERSON] = len(free) - len(set(free))
    eligible = len(set(free))
    expected[SkipReason.DAILY_LIMIT] = max(0, eligible - 7)

    picked = await pick(database, POLICY, COMPANY, CHANNELS, NOW)

    assert dict(picked.skipped) == {reason: expected[reason] for reason in SkipReason if expected[reason]}
    assert (picked.eligible, picked.picked) == (eligible, min(eligible, 7))
    assert picked.picked + sum(picked.skipped.values()) == len(candidates)
    async with database.read() as connection:
        asked = select(Customer.external_id).join(Invitation, Invitation.customer_id == Customer.id)
        numbers = set((await connection.execute(asked.where(Invitation.queued_at == NOW))).scalars())
    assert numbers <= {one.number for one in candidates if reason_against(one) is None}
