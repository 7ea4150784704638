"""After sending: which channel takes nothing for now, until when, and how much is held up by that."""

from dataclasses import dataclass
from datetime import datetime

from bot.cli.output import remark
from bot.texts import translator
from scheduler.asking.shift import Shift
from scheduler.company import Company
from storage.queue import count_waiting
from storage.rates import find_pauses


@dataclass(frozen=True, kw_only=True)
class Held:
    """A channel whose other side takes nothing for now."""

    channel: str
    until: datetime
    waiting: int  # deliveries that are due on it


async def find_held(shift: Shift) -> list[Held]:
    """The channels that are held up."""
    policy, now, held = shift.policy, shift.clock(), []
    async with shift.database.read() as connection:
        for name, until in (await find_pauses(connection)).items():
            waiting = await count_waiting(connection, [name], now, policy.only, require_consent=policy.require_consent)
            held.append(Held(channel=name, until=until, waiting=waiting))
    return held


def say_what_is_held(held: list[Held], company: Company) -> None:
    """One line a channel on stderr."""
    _ = translator(company.language)
    for one in held:
        told = _("{channel} takes nothing before {time}; due on it: {waiting}. What to mend, `molva check` may tell.")
        until = f"{one.until.astimezone(company.zone):%H:%M:%S}"
        remark(told.format(channel=one.channel, time=until, waiting=one.waiting))
