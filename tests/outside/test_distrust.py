"""A mail server that refuses one letter or all of them: for its policy, or because it takes nothing for now."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import pytest

from bot.channels.email import EmailChannel
from bot.loopback.mail_server import MailServer
from scheduler.asking.policy import WEEKDAYS, Policy
from scheduler.asking.sending import Sent, send_due
from scheduler.asking.settling import DOUBTFUL_TRIES, MAX_TRIES
from scheduler.channel import TryLater
from scheduler.troubles import CHANNEL_PAUSE
from storage.database import Database
from storage.models import Delivery, Rate
from storage.rates import find_pauses, find_room
from storage.statuses import DeliveryStatus
from tests.flow.test_reminders import change
from tests.flow.test_sending import rows
from tests.flow.world import NOW, POLICY, ask_customer
from tests.outside.test_email_channel import COMPANY, channel_of, question, settings_of

DENIED = (550, "5.7.1 Relaying denied")
AT_ALL_HOURS = Policy(hours=("00:00", "24:00"), weekdays=WEEKDAYS)


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with MailServer() as server:
        yield server


@pytest.fixture
async def channel(mail: MailServer) -> AsyncIterator[EmailChannel]:
    async with channel_of(settings_of(mail, rate_per_second=1000, connections=1)) as opened:
        yield opened


async def queue(database: Database, *addresses: str) -> None:
    async with database.begin() as connection:
        for number, address in enumerate(addresses, 1):
            await ask_customer(connection, str(number), channel="email", status=DeliveryStatus.QUEUED, email=address)


async def is_stopped(channel: EmailChannel, address: str) -> bool:
    with pytest.raises(TryLater) as refused:
        await channel.ask(question(address))
    return refused.value.whole_channel


async def send(database: Database, channel: EmailChannel, at: datetime) -> Sent:
    return await send_due(database, {"email": channel}, POLICY, COMPANY, at)


async def test_an_address_that_is_always_denied_slows_nobody_and_is_given_up(
    database: Database, mail: MailServer, channel: EmailChannel
) -> None:
    await queue(database, "odd@closed.test", "b@one.test", "c@two.test")
    mail.refuse("odd@closed.test", *DENIED)
    at = NOW
    first = await send(database, channel, at)
    assert (first.sent, first.deferred) == (2, 1)
    for tried in range(2, DOUBTFUL_TRIES + 1):
        at += timedelta(hours=1)
        done = await send(database, channel, at)
        assert (done.deferred, done.undeliverable) == ((1, 0) if tried < DOUBTFUL_TRIES else (0, 1))
    async with database.read() as connection:
        assert await find_pauses(connection) == {}
    odd = next(row for row in await rows(database) if row.status != DeliveryStatus.SENT)
    assert (odd.status, odd.reason, odd.attempts) == (DeliveryStatus.UNDELIVERABLE, "refused", DOUBTFUL_TRIES)


async def test_denial_of_everybody_stops_the_channel_after_a_few(
    database: Database, mail: MailServer, channel: EmailChannel
) -> None:
    await queue(database, *(f"c@shop{number}.test" for number in range(10)))
    mail.refuse_all(*DENIED)
    assert (await send(database, channel, NOW)).sent == 0
    async with database.read() as connection:
        assert set(await find_pauses(connection)) == {"email"}
    refused = [row for row in await rows(database) if row.reason]
    assert len(refused) == 3, "the third says that it is about us"
    assert {row.attempts for row in refused} == {0}


@pytest.mark.parametrize("refusal", [DENIED, (421, "4.7.0 Not now")])
async def test_letters_refused_with_everybody_s_wait_however_long_and_go_out_once(
    database: Database, mail: MailServer, channel: EmailChannel, refusal: tuple[int, str]
) -> None:
    addresses = [f"c@shop{number}.test" for number in range(3)]
    await queue(database, *addresses)
    mail.refuse_all(*refusal)
    for hours in range(6):  # one letter an hour
        if hours == 3:
            await change(database, Delivery, attempts=MAX_TRIES)
        await try_on(database, channel, NOW + timedelta(hours=hours))
    assert {row.status for row in await rows(database)} == {DeliveryStatus.QUEUED}
    mail.accept_all()
    await try_on(database, channel, NOW + timedelta(days=1))
    assert {row.status for row in await rows(database)} == {DeliveryStatus.SENT}
    assert sorted(address for letter in mail.letters for address in letter.rcpt_tos) == addresses


async def try_on(database: Database, channel: EmailChannel, at: datetime) -> None:
    await change(database, Rate, tat=0.0, paused_at=None, paused_until=None)
    await send_due(database, {"email": channel}, AT_ALL_HOURS, COMPANY, at)


async def test_distrust_must_come_from_several_domains_or_many_of_one(mail: MailServer, channel: EmailChannel) -> None:
    mail.refuse_data(554, "5.7.1 Looks like spam")
    assert [await is_stopped(channel, f"c{number}@one.test") for number in range(5)] == [False] * 4 + [True]
    mail.accept_all()
    await channel.ask(question())
    mail.refuse_data(554, "5.7.1 Looks like spam")
    assert [await is_stopped(channel, f"c@shop{number}.test") for number in range(4)] == [False, False, True, True]


async def test_a_letter_taken_in_between_says_that_the_others_are_single_cases(
    mail: MailServer, channel: EmailChannel
) -> None:
    for number in range(6):
        mail.refuse(f"c@shop{number}.test", *DENIED)
        assert not await is_stopped(channel, f"c@shop{number}.test")
        await channel.ask(question())


async def test_a_letter_over_which_the_server_hangs_up_each_time_is_given_up(
    database: Database, mail: MailServer, channel: EmailChannel
) -> None:
    await queue(database, "odd@closed.test")
    mail.refuse("odd@closed.test", 421, "4.7.0 Not this one")
    for tried in range(MAX_TRIES):
        await try_on(database, channel, NOW + tried * timedelta(days=1))
    [row] = await rows(database)
    assert (row.status, row.attempts) == (DeliveryStatus.UNDELIVERABLE, MAX_TRIES)


Fault = Callable[[MailServer], None]
FOR_NOW: dict[str, Fault] = {
    "MAIL": lambda mail: mail.limit_connection(0, 450, "4.7.1 Too many letters this hour", step="MAIL"),
    "RCPT": lambda mail: mail.refuse_all(451, "4.3.0 Too busy"),
    "DATA": lambda mail: mail.refuse_data(452, "4.3.1 Out of storage"),
    "cut": lambda mail: mail.drop_before_data(),
}


@pytest.mark.parametrize("fault", FOR_NOW.values(), ids=FOR_NOW)
async def test_a_server_that_takes_nothing_for_now_costs_no_letter_a_try_however_long(
    database: Database, mail: MailServer, channel: EmailChannel, fault: Fault
) -> None:
    addresses = [f"c@shop{number}.test" for number in range(10, 30)]
    await queue(database, *addresses)
    fault(mail)
    waves = 3 * MAX_TRIES
    for wave in range(waves):
        await try_on(database, channel, NOW + wave * CHANNEL_PAUSE)
    assert mail.connections <= waves + 2, "the third says that it is about everybody, then one is enough to ask"
    assert {(row.status, row.attempts) for row in await rows(database)} == {(DeliveryStatus.QUEUED, 0)}
    mail.accept_all()
    for hours in range(3, 5):
        await try_on(database, channel, NOW + timedelta(hours=hours))
    assert {(row.status, row.attempts) for row in await rows(database)} == {(DeliveryStatus.SENT, 1)}
    assert sorted(address for letter in mail.letters for address in letter.rcpt_tos) == addresses


async def test_a_server_that_takes_nothing_for_now_is_left_alone_for_some_minutes(
    database: Database, mail: MailServer, channel: EmailChannel
) -> None:
    await queue(database, *(f"c@shop{number}.test" for number in range(20)))
    mail.refuse_all(451, "4.3.0 Too busy")
    await send(database, channel, NOW)
    asked = mail.connections
    assert (await send(database, channel, NOW + timedelta(hours=1))).deferred == 0
    assert mail.connections == asked
    async with database.read() as connection:
        wait = (await find_room(connection, "email", 1000)).wait
    assert 0.7 * CHANNEL_PAUSE.total_seconds() < wait <= CHANNEL_PAUSE.total_seconds()


async def test_a_few_letters_put_off_among_others_slow_nobody_and_use_up_tries_of_their_own(
    database: Database, mail: MailServer, channel: EmailChannel
) -> None:
    odd = {f"odd@shop{number}.test" for number in range(3)}
    plain = [f"c@shop{number}.test" for number in range(9)]
    await queue(database, *plain[:3], "odd@shop0.test", *plain[3:6], "odd@shop1.test", "odd@shop2.test", *plain[6:])
    for address in odd:
        mail.refuse(address, 450, "4.2.1 Mailbox busy", times=2)
    first = await send(database, channel, NOW)
    assert (first.sent, first.deferred) == (9, 3)
    async with database.read() as connection:
        assert await find_pauses(connection) == {}
    assert [row.attempts for row in await rows(database)] == [1] * 12
    assert (await send(database, channel, NOW + timedelta(minutes=2))).deferred == 3
    assert (await send(database, channel, NOW + timedelta(hours=1))).sent == 3


async def test_greylisted_recipients_one_after_the_other_are_each_tried_for_themselves(
    database: Database, mail: MailServer, channel: EmailChannel
) -> None:
    await queue(database, *(f"c@shop{number}.test" for number in range(8)))
    mail.greylist()
    assert (await send(database, channel, NOW)).deferred == 8
    assert (await send(database, channel, NOW + timedelta(minutes=2))).sent == 8
    assert {row.attempts for row in await rows(database)} == {2}
