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

PATIENCE = 15.0  # seconds that a channel is kept at work for the other one's sake


async def queue(database: Database, numbers: range, channel: str = "telegram", **values: Any) -> None:
    async with database.begin() as connection:
        for number in numbers:
            await ask_customer(connection, str(number), status=DeliveryStatus.QUEUED, channel=channel, **values)


async def until_asked(channel: ListChannel, count: int) -> None:
    """Whoever waits for this is at work; too late, it raises."""
    async with asyncio.timeout(PATIENCE):
        while len(channel.asked) < count:  # noqa: ASYNC110  a channel has no bell
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("drain", [False, True])
async def test_a_question_that_comes_while_the_other_channel_is_at_work_goes_at_once(
    database: Database, drain: bool
) -> None:
    await queue(database, range(1, 2), "email")
    mail, telegram = email(), ListChannel()

    async def somebody_comes(_: Question) -> None:
        await queue(database, range(51, 52))
        await until_asked(telegram, 1)

    mail.reaction = somebody_comes
    done = await send(database, telegram, mail, drain=drain)
    assert (done.sent, done.unknown, telegram.addresses) == (2, 0, ["1051"])


@pytest.mark.parametrize("drain", [False, True])
async def test_a_short_wait_of_one_channel_lasts_no_longer_than_it_was_asked_for(
    database: Database, drain: bool
) -> None:
    await queue(database, range(1, 2), "email")
    await queue(database, range(51, 54))
    mail, telegram = email(), ListChannel(concurrency=1)
    telegram.errors["1051"] = TryLater("flood", after=timedelta(seconds=0.5), whole_channel=True)

    async def wait(_: Question) -> None:
        await until_asked(telegram, 3)

    mail.reaction = wait
    done = await send(database, telegram, mail, drain=drain)
    assert (done.sent, done.deferred, done.unknown) == (3, 1, 0)
    assert telegram.addresses == ["1051", "1052", "1053"]
    assert telegram.moments[1] - telegram.moments[0] >= 0.45


async def test_a_blocked_chat_s_letter_goes_while_the_chats_are_still_at_work(database: Database) -> None:
    await queue(database, range(51, 52), email="anna@example.test")
    await queue(database, range(52, 53))
    mail = email()

    async def wait(question: Question) -> None:
        if question.address == "1052":
            await until_asked(mail, 1)

    telegram = ListChannel(errors={"1051": Undeliverable("blocked")}, reaction=wait)
    done = await send(database, telegram, mail)
    assert (done.sent, done.undeliverable, done.unknown, mail.addresses) == (2, 1, 0, ["anna@example.test"])


async def test_a_channel_that_is_refused_over_and_over_keeps_no_run_going(database: Database) -> None:
    await queue(database, range(1, 31), "email")
    await queue(database, range(51, 81))
    away = TryLater("away", after=timedelta(seconds=0.01), whole_channel=True)
    channels = ListChannel(concurrency=1, error=away), email()
    channels[1].error, channels[1].concurrency = away, 1
    async with asyncio.timeout(PATIENCE):
        done = await send(database, *channels)
    assert done.deferred <= 6


async def test_the_run_ends_as_soon_as_neither_channel_has_anything_to_do(database: Database) -> None:
    seconds = []
    for number in range(1, 4):
        await queue(database, range(number, number + 1), "email")
        begun = asyncio.get_running_loop().time()
        assert (await send(database, ListChannel(), email())).sent == 1
        seconds.append(asyncio.get_running_loop().time() - begun)
    assert min(seconds) < 0.9, "without a further look"
