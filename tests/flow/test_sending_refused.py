"""One refusal of the whole channel (a 429): whoever has not begun by then does not begin, in whichever process."""

import asyncio
from datetime import timedelta

import pytest

from scheduler.channel import TryLater
from storage.database import Database
from storage.statuses import DeliveryStatus
from tests.flow.channels import ListChannel
from tests.flow.test_sending import queue, rows, send
from tests.flow.world import NOW, let_the_wait_end

WAIT = 1.5  # seconds


def flood() -> TryLater:
    return TryLater("flood", after=timedelta(seconds=WAIT), whole_channel=True)


async def test_what_is_marked_and_waits_for_its_slot_is_not_handed_over_after_a_refusal(database: Database) -> None:
    await queue(database, 100)
    telegram = ListChannel(concurrency=75, errors={"1001": flood()})
    done = await send(database, telegram)
    assert (done.sent, done.deferred, telegram.addresses) == (0, 1, ["1001"])
    refused, *rest = await rows(database)
    assert (refused.status, refused.attempts, refused.due_at) == (
        DeliveryStatus.QUEUED, 0, NOW + timedelta(seconds=WAIT),
    )  # fmt: skip
    assert {(row.status, row.attempts, row.handed_at, row.sender_id) for row in rest} == {
        (DeliveryStatus.QUEUED, 0, None, None)
    }
    assert all(row.due_at < NOW for row in rest)
    await let_the_wait_end(database)
    assert (await send(database, telegram)).sent == 99


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one sender
async def test_a_refusal_that_one_sender_meets_stops_the_other(database: Database) -> None:
    await queue(database, 200)
    calm, refused = ListChannel(rate_per_second=100), ListChannel(rate_per_second=100)

    async def refuse_once(question: object) -> None:
        if len(refused.asked) == 5:
            raise flood()

    refused.reaction = refuse_once
    done = await asyncio.gather(send(database, calm, drain=True), send(database, refused, drain=True))
    told = refused.moments[4]
    later = [moment - told for moment in calm.moments + refused.moments if moment > told]
    assert [moment for moment in later if 0.4 < moment < WAIT - 0.1] == [], "but for what was on its way"
    assert sum(one.sent for one in done) == 199
    assert len(set(calm.addresses + refused.addresses)) == 200
