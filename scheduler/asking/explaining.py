"""Why a customer is asked, why not, when next: the daily round's own rules, looked at for one customer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from scheduler.asking.asking_again import foresee_again
from scheduler.asking.choosing import Channels, look
from scheduler.asking.explanation import (
    RULES,
    Cooldown,
    Daily,
    Explanation,
    NextTime,
    Rule,
    SaleSeen,
)
from scheduler.asking.picking import DailyRound
from scheduler.asking.policy import Policy
from scheduler.asking.recalling import foresee_reminder, recall_invitations
from scheduler.asking.rules import SkipReason
from scheduler.asking.upcoming import Outlook
from scheduler.asking.windows import next_open, zone_named
from scheduler.company import Company
from storage import campaigns, explaining, personal, remindable
from storage.cooldowns import find_release
from storage.database import Connection, Database
from storage.picking_tables import drop_tables


class NoSuchCustomer(Exception):
    """The shop has no customer of this number, as far as was imported."""

    def __init__(self, number: str, near: list[str]) -> None:
        super().__init__(number)
        self.number = number
        self.near = near  # numbers that look alike


async def explain(
    database: Database,
    policy: Policy,
    company: Company,
    channels: Channels,
    now: datetime,
    *,
    number: str,
    asks_again: bool = True,
) -> Explanation:
    """Everything that there is to say; nothing is written, nor are answers to orders tied that an import left untied.

    :param channels: (name, AddressKind) of those that are on, in order of preference
    :param number: the shop's number of the customer
    :raises NoSuchCustomer: nobody has it
    """
    async with database.read() as connection:
        customer = await personal.find_customer(connection, number)
        if customer is None:
            raise NoSuchCustomer(number, await personal.near_numbers(connection, number))
        explained = await _Explaining(connection, policy, company, channels, customer, now, asks_again).explain()
        await drop_tables(connection)
        return explained


@dataclass(frozen=True)
class _Explaining:
    connection: Connection
    policy: Policy
    company: Company
    channels: Channels
    customer: Any  # every column
    now: datetime
    asks_again: bool  # after cases

    @property
    def _outlook(self) -> Outlook:
        return Outlook(self.connection, self.policy, self.company, self.channels, self.customer.id)

    async def explain(self) -> Explanation:
        customer, connection = self.customer, self.connection
        addresses = await personal.find_addresses(connection, customer.id)
        cooldowns = await self._cooldowns(addresses)
        sales = await self._outlook.sales(self.now)
        latest = await explaining.find_latest_sale(connection, customer.id)
        candidate, comes_first = await self._candidate()
        holding = await self._outlook.holding(self.now) | ({SkipReason.SAME_PERSON} if comes_first else set())
        daily = await self._daily(is_eligible=not holding)
        verdicts = _verdicts(holding, daily)
        ends = [*(one.ends_at for one in cooldowns), customer.not_before or self.now]
        upcoming = await self._next(verdicts, ends, sales)
        zone = zone_named(customer.timezone, self.company.zone)
        return Explanation(
            customer=customer.external_id,
            now=self.now,
            verdicts=verdicts,
            next=upcoming,
            window=next_open(self.policy, zone, upcoming.at or self.now),
            timezone=zone.key,
            channel=candidate.channel if candidate is not None and not holding else None,
            consent=customer.consent,
            opted_out_at=customer.opted_out_at,
            not_before=customer.not_before,
            addresses=tuple(addresses),
            cooldowns=cooldowns,
            sales=sales,
            latest_sale=(latest.external_id, latest.sold_at) if latest else None,
            comes_first=comes_first,
            daily=daily,
            invitations=await recall_invitations(connection, customer.id),
            reminder=await foresee_reminder(connection, self.policy, self._reminding, customer.id, zone),
            recovery=await foresee_again(connection, self.policy, customer, self.now) if self.asks_again else None,
        )

    @property
    def _reminding(self) -> remindable.Rules:
        names, policy = [name for name, _ in self.channels], self.policy
        return remindable.Rules(
            now=self.now, channels=names, only=policy.only, require_consent=policy.require_consent
        )  # fmt: skip

    async def _cooldowns(self, addresses: list[personal.Held]) -> tuple[Cooldown, ...]:
        """Each until the cool-down is over, and the hard floor after the last hand-over, too."""
        connection, now = self.connection, self.now
        released = await find_release(connection, now, customer_id=self.customer.id)
        found = [self._cooldown("customer", self.customer.asked_at, released)]
        for one in addresses:
            released = await find_release(connection, now, address_id=one.id)
            found.append(self._cooldown(one.kind, one.asked_at, released, one.shared_with))
        return tuple(one for one in found if one is not None)

    def _cooldown(
        self, of: str, asked_at: datetime | None, released: datetime | None, shared_with: tuple[str, ...] = ()
    ) -> Cooldown | None:
        if asked_at is None:
            return None
        ends_at = max(asked_at + self.policy.cooldown, released or asked_at)
        return Cooldown(of=of, asked_at=asked_at, ends_at=ends_at, shared_with=shared_with)

    async def _candidate(self) -> tuple[Any | None, str | None]:
        """(the customer's row in the table of candidates, number of the same person who comes before)."""
        people = await personal.find_namesakes(self.connection, self.customer.id)
        await look(self.connection, replace(await self._outlook.rules(self.now), customers=people))
        row = await explaining.find_candidate(self.connection, self.customer.id)
        if row is None or row.reason != SkipReason.SAME_PERSON:
            return row, None
        return row, await explaining.find_first(self.connection, row)

    async def _daily(self, *, is_eligible: bool) -> Daily:
        is_paused = await campaigns.is_daily_paused(self.connection)
        room = await DailyRound(self.policy, self.company, self.now).room(self.connection)
        position = None
        if is_eligible and room and not is_paused:  # only the whole round tells who comes before
            await look(self.connection, await self._outlook.rules(self.now))
            position = await explaining.find_position(self.connection, self.customer.id)
        return Daily(limit=self.policy.daily_limit, room=room, is_paused=is_paused, position=position)

    async def _next(self, verdicts: dict[Rule, bool], ends: list[datetime], sales: Sequence[SaleSeen]) -> NextTime:
        if verdicts[SkipReason.SAME_PERSON]:
            return NextTime(at=None, why=SkipReason.SAME_PERSON)
        if verdicts[SkipReason.DAILY_LIMIT]:
            found = await self._outlook.next_time(self._outlook.tomorrow(self.now), ends, sales)
            return found if found.needs_sale else replace(found, why=SkipReason.DAILY_LIMIT)
        found = await self._outlook.next_time(self.now, ends, sales)
        return replace(found, why=SkipReason.PAUSED) if verdicts[SkipReason.PAUSED] else found


def _verdicts(holding: set[str], daily: Daily) -> dict[Rule, bool]:
    """In order; the day's number and a pause are met only by who is eligible."""
    verdicts: dict[Rule, bool] = {rule: rule in holding for rule in RULES}
    if not holding:
        beyond = daily.room == 0 if daily.position is None else daily.position > daily.room
        verdicts |= {SkipReason.PAUSED: daily.is_paused, SkipReason.DAILY_LIMIT: beyond and not daily.is_paused}
    return verdicts
