"""Two channels in one run: what comes for one of them does not wait for the end of the other's queue."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from scheduler.channel import Question, TryLater, Undeliverable
from storage.database import Database
from storage.statuses import DeliveryStatus
from tests.flow.channels import ListChannel
from tests.flow.test_sending import email, send
from tests.flow.world import ask_customer

LETTERS = 10


async def queue(database: Database, numbers: range, channel: str = "telegram", **values: Any) -> None:
    async with database.begin() as connection:
        for number in numbers:
            await ask_customer(connection, str(number), status=DeliveryStatus.QUEUED, channel=channel, **values)


async def long_queue(database: Database) -> ListChannel:
    """Letters for two seconds."""
    await queue(database, range(1, LETTERS + 1), "email")
    mail = email()
    mail.rate_per_second = 5
    return mail


@pytest.mark.parametrize("drain", [False, True])
async def test_a_question_that_comes_while_the_other_channel_is_at_work_goes_at_once(
    database: Database, drain: bool
) -> None:
    mail, telegram = await long_queue(database), ListChannel()

    async def somebody_comes(_: Question) -> None:
        if len(mail.asked) == 2:
            await queue(database, range(51, 52))

    mail.reaction = somebody_comes
    done = await send(database, telegram, mail, drain=drain)
    assert (done.sent, telegram.addresses) == (LETTERS + 1, ["1051"])
    assert telegram.moments[0] < mail.moments[-1] - 0.5


@pytest.mark.parametrize("drain", [False, True])
async def test_a_short_wait_of_one_channel_lasts_no_longer_than_it_was_asked_for(
    database: Database, drain: bool
) -> None:
    mail, telegram = await long_queue(database), ListChannel(concurrency=1)
    await queue(database, range(51, 54))
    telegram.errors["1051"] = TryLater("flood", after=timedelta(seconds=0.5), whole_channel=True)
    done = await send(database, telegram, mail, drain=drain)
    assert (done.sent, done.deferred) == (LETTERS + 2, 1)
    assert telegram.addresses == ["1051", "1052", "1053"]
    assert telegram.moments[0] + 0.4 < telegram.moments[1] < mail.moments[-1] - 0.5


async def test_a_blocked_chat_s_letter_goes_while_the_chats_are_still_at_work(database: Database) -> None:
    await queue(database, range(51, 52), email="anna@example.test")
    await queue(database, range(52, 62))
    telegram, mail = ListChannel(rate_per_second=5, errors={"1051": Undeliverable("blocked")}), email()
    done = await send(database, telegram, mail)
    assert (done.sent, done.undeliverable, mail.addresses) == (11, 1, ["anna@example.test"])
    assert mail.moments[0] < telegram.moments[-1] - 0.5


async def test_a_channel_that_is_refused_over_and_over_keeps_no_run_going(database: Database) -> None:
    await queue(database, range(1, 31), "email")
    await queue(database, range(51, 81))
    away = TryLater("away", after=timedelta(seconds=0.01), whole_channel=True)
    channels = ListChannel(concurrency=1, error=away), email()
    channels[1].error, channels[1].concurrency = away, 1
    async with asyncio.timeout(5):
        done = await send(database, *channels)
    assert done.deferred <= 6


async def test_the_run_ends_as_soon_as_neither_channel_has_anything_to_do(database: Database) -> None:
    await queue(database, range(1, 3), "email")
    begun = asyncio.get_running_loop().time()
    assert (await send(database, ListChannel(), email())).sent == 2
    assert asyncio.get_running_loop().time() - begun < 0.9, "without a further look"
