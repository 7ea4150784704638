"""A mail server that is away, slow, moody or gone in mid-letter: everybody gets one letter, or it is known who may not.

The program runs as processes where it has to survive the server; the rest is its sending within the test's process.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.loopback.mail_server import MailServer
from storage.database import Database
from storage.models import Delivery
from tests.faults.books import balanced, dead_addresses, figures
from tests.faults.programs import Ended, run_to_end
from tests.faults.shop import letters, mailbox_of, sending, start_campaign, tally, write_config
from tests.flow.world import let_the_wait_end

PLACES = 5  # connections to the mail server
HOUR = timedelta(hours=1)


async def molva_send(config: Path, *options: str, later: timedelta = timedelta()) -> Ended:
    """`molva send --drain` as a process, in which rules take a later moment for now."""
    moment = (datetime.now(UTC) + later).isoformat()
    return await run_to_end(config, "send", "--drain", "--json", "--as-of", moment, *options, seconds=90)


@pytest.mark.system
async def test_letters_wait_for_a_server_that_is_away_and_survive_one_that_goes_away(
    database: Database, tmp_path: Path
) -> None:
    people = 40
    async with asyncio.timeout(120), MailServer() as mail:
        config = write_config(tmp_path, database, mail=mail, connections=PLACES)
        await start_campaign(database, tmp_path, people, "email")
        await mail.stop()

        away = await molva_send(config)
        assert figures(away)["sent"] == 0
        assert "no mail server" in away.stderr
        assert "email ничего не примет до" in away.stderr, "and says so in plain words"
        assert await tally(database) == {"queued": people}

        await mail.start()
        await let_the_wait_end(database)
        mail.slow(0.1)
        leaving = asyncio.create_task(molva_send(config, later=2 * HOUR))
        await mail.wait_for(lambda: len(mail.letters) >= people // 4, 60)
        await mail.stop()
        done = figures(await leaving)
        cut_off = await balanced(database, letters(mail))
        assert len(cut_off["sent"]) == done["sent"]
        assert 1 <= len(cut_off["unknown"]) == done["unknown"] <= PLACES

        await mail.start()
        mail.accept_all()
        await let_the_wait_end(database)
        done = figures(await molva_send(config, later=4 * HOUR))
        over = await balanced(database, letters(mail))
        assert over["unknown"] == cut_off["unknown"]
        assert len(over["sent"]) == people - len(over["unknown"])
        assert done["sent"] == len(over["sent"]) - len(cut_off["sent"])


@pytest.mark.system
async def test_letters_lost_after_the_final_dot_are_sent_again_on_a_persons_word_only(
    database: Database, tmp_path: Path
) -> None:
    people, taken, lost = 30, 3, 2
    async with asyncio.timeout(120), MailServer() as mail:
        config = write_config(tmp_path, database, mail=mail, connections=PLACES)
        await start_campaign(database, tmp_path, people, "email")
        mail.drop_after_data(times=taken)
        mail.drop_after_data(kept=False, times=lost)
        first = figures(await molva_send(config))
        assert (first["sent"], first["unknown"]) == (people - taken - lost, taken + lost)
        cut_off = (await balanced(database, letters(mail)))["unknown"]
        before = letters(mail)
        assert len(before) == people - lost

        by_itself = figures(await molva_send(config, later=4 * HOUR))
        assert (by_itself["sent"], by_itself["unknown"], letters(mail)) == (0, taken + lost, before)
        unasked = await run_to_end(config, "send", "--resend-unknown")
        assert unasked.status == 2
        assert f": {taken + lost}." in unasked.stderr
        assert "--yes" in unasked.stderr
        assert letters(mail) == before

        again = figures(await molva_send(config, "--resend-unknown", "--yes"))
        assert (again["requeued"], again["sent"], again["unknown"]) == (taken + lost, taken + lost, 0)
    assert letters(mail) - before == dict.fromkeys(cut_off, 1)
    assert await tally(database) == {"sent": people}


async def test_a_connection_closed_before_the_letter_leaves_it_to_be_sent_later(
    database: Database, tmp_path: Path
) -> None:
    people, closed = 20, 3
    async with asyncio.timeout(120), MailServer() as mail:
        config = write_config(tmp_path, database, mail=mail, connections=PLACES)
        now = await started(database, tmp_path, people)
        mail.drop_before_data(times=closed)
        async with sending(database, config) as run:
            done = await run.send(now, drain=True)
            assert (done.sent, done.deferred, done.unknown) == (people - closed, closed, 0)
            assert (await run.send(now + HOUR, drain=True)).sent == closed
    assert set(letters(mail).values()) == {1}
    assert await tally(database) == {"sent": people}


async def test_nobody_knows_of_a_letter_cut_off_in_its_middle_and_it_is_not_sent_again(
    database: Database, tmp_path: Path
) -> None:
    """The whole letter had left when the server closed: what of it was read, no sender can know."""
    people, closed = 20, 3
    async with asyncio.timeout(120), MailServer() as mail:
        config = write_config(tmp_path, database, mail=mail, connections=PLACES)
        now = await started(database, tmp_path, people)
        mail.drop_within_data(times=closed)
        async with sending(database, config) as run:
            done = await run.send(now, drain=True)
            assert (done.sent, done.unknown) == (people - closed, closed)
            assert (await run.send(now + HOUR, drain=True)).sent == 0
    assert len((await balanced(database, letters(mail)))["unknown"]) == closed


async def test_a_slow_server_gets_every_letter_once(database: Database, tmp_path: Path) -> None:
    people = 30
    async with asyncio.timeout(120), MailServer() as mail:
        config = write_config(tmp_path, database, mail=mail, connections=PLACES)
        now = await started(database, tmp_path, people)
        mail.slow(0.05, every_reply=True)
        async with sending(database, config) as run:
            assert (await run.send(now, drain=True)).sent == people
    assert await balanced(database, letters(mail)) == {"sent": {mailbox_of(n + 1) for n in range(people)}}


@pytest.mark.parametrize(
    ("code", "step"), [(421, "MAIL"), (450, "MAIL"), (452, "RCPT")], ids=["hangs up", "refuses", "refuses everybody"]
)
async def test_a_server_that_takes_ten_letters_a_connection_gets_them_over_many(
    database: Database, tmp_path: Path, code: int, step: str
) -> None:
    people, limit = 60, 10
    async with asyncio.timeout(120), MailServer() as mail:
        config = write_config(tmp_path, database, mail=mail, connections=2)
        now = await started(database, tmp_path, people)
        mail.limit_connection(limit, code, step=step)
        async with sending(database, config) as run:
            done = await run.send(now, drain=True)
            assert done.sent + done.deferred == people
            assert done.deferred <= people / limit, "a connection that has had enough is no reason to put many off"
            await run.send(now + HOUR, drain=True)
    assert mail.connections >= people / limit
    assert set(letters(mail).values()) == {1}
    assert await tally(database) == {"sent": people}


async def test_letters_that_a_server_refuses_after_a_hundred_go_later_each_once(
    database: Database, tmp_path: Path
) -> None:
    people = 130
    async with asyncio.timeout(120), MailServer() as mail:
        config = write_config(tmp_path, database, mail=mail, connections=PLACES)
        now = await started(database, tmp_path, people)
        mail.refuse_all(451, "4.7.1 Too many letters this hour", after=100)
        async with sending(database, config) as run:
            done = await run.send(now, drain=True)
            assert (done.sent, len(mail.letters)) == (100, 100)
            assert 5 <= done.deferred < 3 * PLACES, (
                "five in a row tell, beside those under way: the others need not try"
            )
            asked = mail.connections
            await run.send(now + HOUR, drain=True)
            assert mail.connections == asked
            mail.accept_all()
            await let_the_wait_end(database)
            assert (await run.send(now + 2 * HOUR, drain=True)).sent == people - 100
    assert set(letters(mail).values()) == {1}
    assert await tally(database) == {"sent": people}
    assert await most_tries(database) <= 2, "of those refused before the last one that was taken"


async def test_a_server_that_shuts_its_door_after_a_hundred_letters_is_left_alone_for_a_while(
    database: Database, tmp_path: Path
) -> None:
    people = 130
    async with asyncio.timeout(120), MailServer() as mail:
        config = write_config(tmp_path, database, mail=mail, connections=PLACES)
        now = await started(database, tmp_path, people)
        mail.limit_connection(100 // PLACES)
        mail.refuse_connections(421, "4.7.0 Come back later", after=PLACES)
        async with sending(database, config) as run:
            done = await run.send(now, drain=True)
            assert 100 // PLACES <= done.sent == len(mail.letters) <= 100
            assert 1 <= done.deferred <= PLACES
            knocked = mail.connections
            assert (await run.send(now + HOUR, drain=True)).sent == 0
            assert mail.connections == knocked, "it asked for quiet"
            mail.accept_all()
            await let_the_wait_end(database)
            assert (await run.send(now + 2 * HOUR, drain=True)).sent == people - done.sent
    assert set(letters(mail).values()) == {1}
    assert await tally(database) == {"sent": people}


async def test_a_greylisting_server_gets_every_letter_at_its_second_try(database: Database, tmp_path: Path) -> None:
    people = 20
    async with asyncio.timeout(120), MailServer() as mail:
        config = write_config(tmp_path, database, mail=mail, connections=PLACES)
        now = await started(database, tmp_path, people)
        mail.greylist()
        async with sending(database, config) as run:
            done = await run.send(now, drain=True)
            assert (done.sent, done.deferred, mail.letters) == (0, people, [])
            assert (await run.send(now, drain=True)).deferred == 0, "not before a while has passed"
            assert (await run.send(now + timedelta(minutes=2), drain=True)).sent == people
    assert await balanced(database, letters(mail)) == {"sent": {mailbox_of(n + 1) for n in range(people)}}


async def test_one_who_is_refused_among_good_ones_stops_nobody_else(database: Database, tmp_path: Path) -> None:
    people = 20
    gone, unwanted = mailbox_of(7), mailbox_of(8)
    async with asyncio.timeout(120), MailServer() as mail:
        config = write_config(tmp_path, database, mail=mail, connections=PLACES)
        now = await started(database, tmp_path, people)
        mail.refuse(gone)
        mail.refuse(unwanted, 552, "5.2.2 Mailbox full")
        async with sending(database, config) as run:
            done = await run.send(now, drain=True)
            assert (done.sent, done.undeliverable) == (people - 2, 2)
            assert (await run.send(now + HOUR, drain=True)).sent == 0
    assert (await balanced(database, letters(mail)))["undeliverable"] == {gone, unwanted}
    assert await dead_addresses(database) == {gone: "bounced"}


async def most_tries(database: Database) -> int:
    """Of any delivery."""
    async with database.read() as connection:
        return int((await connection.execute(select(func.max(Delivery.attempts)))).scalar_one())


async def started(database: Database, folder: Path, people: int) -> datetime:
    """A moment just after a campaign that writes to everybody was started."""
    await start_campaign(database, folder, people, "email")
    return datetime.now(UTC)
