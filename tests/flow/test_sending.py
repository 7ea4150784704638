"""From a queued delivery to its last status, whatever the channel says and whenever the sender dies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, insert, select, update

from scheduler.asking.handing import hand_over
from scheduler.asking.leasing import lease_batch
from scheduler.asking.marking import mark_sending
from scheduler.asking.policy import Policy
from scheduler.asking.sending import Sent, send_due
from scheduler.asking.settling import MAX_TRIES, settle
from scheduler.asking.shift import Shift
from scheduler.channel import Question, TryLater, Undeliverable, Unknown
from storage.database import Database
from storage.models import Address, Campaign, Customer, Delivery, Invitation, Rate
from storage.rates import find_pauses
from storage.senders import AnotherSender, register_sender
from storage.statuses import CampaignStatus, DeliveryStatus, InvitationStatus
from tests.flow.channels import ListChannel
from tests.flow.world import COMPANY, NOW, POLICY, Seeded, ask_customer, let_the_wait_end

NIGHT = datetime.fromisoformat("2026-11-18T23:30:00+03:00")
MORNING = datetime.fromisoformat("2026-11-19T10:00:00+03:00")


@asynccontextmanager
async def shift_of(database: Database, *channels: ListChannel, policy: Policy = POLICY) -> AsyncIterator[Shift]:
    """A sender whose steps are driven one by one."""
    async with register_sender(database) as sender:
        yield Shift(
            database=database,
            channels={channel.name: channel for channel in channels},
            policy=policy,
            company=COMPANY,
            clock=lambda: NOW,
            sender_id=sender.id,
        )


async def queue(database: Database, count: int = 1, **values: Any) -> list[Seeded]:
    async with database.begin() as connection:
        return [
            await ask_customer(connection, str(number), status=DeliveryStatus.QUEUED, **values)
            for number in range(1, count + 1)
        ]


async def send(
    database: Database, *channels: ListChannel, policy: Policy = POLICY, now: datetime = NOW, drain: bool = False
) -> Sent:
    return await send_due(database, {channel.name: channel for channel in channels}, policy, COMPANY, now, drain=drain)


async def rows(database: Database, model: Any = Delivery) -> list[Row[Any]]:
    async with database.read() as connection:
        return list((await connection.execute(select(model.__table__).order_by(model.id))).all())


async def only_row(database: Database, model: Any = Delivery) -> Row[Any]:
    [row] = await rows(database, model)
    return row


async def change(database: Database, model: Any, **values: Any) -> None:
    async with database.begin() as connection:
        await connection.execute(update(model).values(**values))


def email() -> ListChannel:
    return ListChannel(name="email", address_kind="email")


async def test_what_is_due_is_sent_once(database: Database) -> None:
    seeded = await queue(database, 3, name="Анна", language="en")
    telegram = ListChannel()
    assert (await send(database, telegram)).sent == 3
    assert (await send(database, telegram)).sent == 0
    assert telegram.addresses == ["1001", "1002", "1003"]
    question = telegram.asked[0]
    assert (question.token, question.language, question.customer_name) == (seeded[0].token, "en", "Анна")
    for row in await rows(database):
        assert (row.status, row.reference, row.attempts) == (DeliveryStatus.SENT, f"ref-{row.id}", 1)
        assert row.handed_at == row.settled_at == NOW


async def test_a_customer_without_a_language_is_asked_in_the_company_s(database: Database) -> None:
    await queue(database)
    telegram = ListChannel()
    await send(database, telegram)
    assert telegram.asked[0].language == COMPANY.language


async def test_a_channel_that_is_off_sends_nothing(database: Database) -> None:
    await queue(database)
    assert (await send(database, email())).sent == 0
    assert (await only_row(database)).status == DeliveryStatus.QUEUED


async def test_hand_overs_keep_to_the_rate(database: Database) -> None:
    await queue(database, 16)
    telegram = ListChannel(rate_per_second=20)
    await send(database, telegram)
    moments = telegram.moments
    assert moments[-1] - moments[0] == pytest.approx(15 / 20, abs=0.25)
    assert all(moments[number + 10] - moments[number] >= 0.35 for number in range(6))


async def test_no_more_than_the_channel_allows_are_under_way(database: Database) -> None:
    await queue(database, 12)
    under_way: list[int] = [0, 0]

    async def linger(_: Question) -> None:
        under_way[0] += 1
        under_way[1] = max(under_way)
        await asyncio.sleep(0.02)
        under_way[0] -= 1

    telegram = ListChannel(concurrency=3, reaction=linger)
    assert (await send(database, telegram)).sent == 12
    assert under_way[1] == 3


async def test_a_channel_slower_than_its_rate_loses_slots_but_no_delivery(database: Database) -> None:
    await queue(database, 10)

    async def linger(_: Question) -> None:
        await asyncio.sleep(0.15)

    telegram = ListChannel(rate_per_second=50, concurrency=1, reaction=linger)
    assert (await send(database, telegram)).sent == 10
    assert sorted(telegram.addresses) == sorted({str(1000 + number) for number in range(1, 11)})


async def test_the_mark_is_committed_before_hand_over(database: Database) -> None:
    await queue(database)
    seen: list[str] = []

    async def look(_: Question) -> None:
        seen.append((await only_row(database)).status)

    await send(database, ListChannel(reaction=look))
    assert seen == [DeliveryStatus.SENDING]


async def test_two_senders_never_send_one_delivery_twice(database: Database) -> None:
    if database.is_sqlite:
        async with register_sender(database):
            with pytest.raises(AnotherSender):
                await send(database, ListChannel())
        return
    await queue(database, 60)
    first, second = ListChannel(rate_per_second=60), ListChannel(rate_per_second=60)
    done = await asyncio.gather(send(database, first, drain=True), send(database, second, drain=True))
    assert sorted(first.addresses + second.addresses) == [str(1000 + number) for number in range(1, 61)]
    assert sum(one.sent for one in done) == 60
    moments = sorted(first.moments + second.moments)
    assert max(sum(start <= one < start + 0.5 for one in moments) for start in moments) <= 36


async def test_a_sender_that_died_while_handing_over_leaves_unknown(database: Database) -> None:
    await queue(database)
    async with shift_of(database, ListChannel()) as shift:
        batch = await lease_batch(shift, shift.channels["telegram"])
        async with database.begin() as connection:
            await mark_sending(connection, shift, batch.rows)
    telegram = ListChannel()
    assert await send(database, telegram, drain=True) == Sent(
        sent=0, deferred=0, undeliverable=0, unknown=1, cancelled=0
    )
    assert telegram.asked == []
    row = await only_row(database)
    assert (row.status, row.reason) == (DeliveryStatus.UNKNOWN, "sender_died")


async def test_a_sender_that_died_before_the_mark_loses_nothing(database: Database) -> None:
    await queue(database)
    async with shift_of(database, ListChannel()) as shift:
        assert len((await lease_batch(shift, shift.channels["telegram"])).rows) == 1
    assert (await send(database, ListChannel(), drain=True)).sent == 1


async def test_draining_waits_for_a_lease_to_run_out(database: Database) -> None:
    await queue(database)
    async with shift_of(database, ListChannel()) as shift:
        await lease_batch(shift, shift.channels["telegram"])
        if database.is_sqlite:
            return  # nobody else could send meanwhile
        draining = asyncio.create_task(send(database, ListChannel(), drain=True))
        await asyncio.sleep(0.3)
        assert not draining.done()
        await change(database, Delivery, leased_until=datetime.fromisoformat("2020-01-01T00:00:00Z"))
        assert (await draining).sent == 1


async def test_the_mark_refuses_who_opted_out_since_the_lease(database: Database) -> None:
    await queue(database, 2)
    telegram = ListChannel()
    async with shift_of(database, telegram) as shift:
        batch = await lease_batch(shift, telegram)
        async with database.begin() as connection:
            await connection.execute(update(Customer).where(Customer.external_id == "1").values(opted_out_at=NOW))
            marked = await mark_sending(connection, shift, batch.rows)
    assert list(marked.tries) == [batch.rows[1].id]
    assert [row.status for row in await rows(database)] == [DeliveryStatus.QUEUED, DeliveryStatus.SENDING]
    assert (await send(database, telegram)).cancelled == 1
    assert telegram.asked == []


async def test_an_opt_out_closes_what_was_queued(database: Database) -> None:
    await queue(database)
    await change(database, Customer, opted_out_at=NOW)
    assert (await send(database, ListChannel())).cancelled == 1
    row, invitation = await only_row(database), await only_row(database, Invitation)
    assert (row.status, row.reason) == (DeliveryStatus.CANCELLED, "opted_out")
    assert (invitation.status, invitation.closed_reason) == (InvitationStatus.CLOSED, "opted_out")


async def test_nothing_of_a_paused_campaign_goes_out_until_it_runs_again(database: Database) -> None:
    await queue(database, 2)
    await change(database, Campaign, status=CampaignStatus.PAUSED)
    assert (await send(database, ListChannel(), drain=True)).sent == 0
    await change(database, Campaign, status=CampaignStatus.RUNNING)
    assert (await send(database, ListChannel())).sent == 2


async def test_a_rehearsal_asks_only_its_own_addresses(database: Database) -> None:
    await queue(database, 3, channel="email")
    mail = email()
    assert (await send(database, mail, policy=Policy(only=("C2@Example.test",)), drain=True)).sent == 1
    assert mail.addresses == ["c2@example.test"]


async def test_a_closed_window_defers_until_it_opens_where_the_customer_is(database: Database) -> None:
    await queue(database)
    async with database.begin() as connection:
        await ask_customer(connection, "2", status=DeliveryStatus.QUEUED, timezone="Asia/Kamchatka")
        await ask_customer(connection, "3", status=DeliveryStatus.QUEUED, timezone="America/New_York")
    telegram = ListChannel()
    sent = await send(database, telegram, now=NIGHT, drain=True)
    assert (sent.sent, sent.deferred) == (1, 2)
    assert telegram.addresses == ["1003"]  # half past three in the afternoon
    moscow, kamchatka, _ = await rows(database)
    assert (moscow.status, moscow.reason, moscow.due_at) == (DeliveryStatus.QUEUED, "window", MORNING)
    assert kamchatka.due_at == datetime.fromisoformat("2026-11-19T10:00:00+12:00")
    assert (await send(database, telegram, now=kamchatka.due_at)).sent == 1
    assert (await send(database, telegram, now=MORNING)).sent == 1


async def test_a_window_that_closes_after_the_lease_defers_at_the_mark(database: Database) -> None:
    await queue(database)
    telegram = ListChannel()
    async with shift_of(database, telegram) as shift:
        batch = await lease_batch(shift, telegram)
        night = Shift(**{**shift.__dict__, "clock": lambda: NIGHT})
        async with database.begin() as connection:
            marked = await mark_sending(connection, night, batch.rows)
    assert (marked.tries, marked.deferred) == ({}, 1)
    row = await only_row(database)
    assert (row.status, row.due_at, row.attempts) == (DeliveryStatus.QUEUED, MORNING, 0)


async def test_what_is_too_old_is_cancelled_with_its_reason_and_frees_the_customer(database: Database) -> None:
    await queue(database)
    invitation = await only_row(database, Invitation)
    await change(database, Customer, asked_at=invitation.queued_at)
    late = invitation.send_before
    assert await send(database, ListChannel(), now=late) == Sent(
        sent=0, deferred=0, undeliverable=0, unknown=0, cancelled=1
    )
    row, invitation = await only_row(database), await only_row(database, Invitation)
    assert (row.status, row.reason) == (DeliveryStatus.CANCELLED, "expired")
    assert (invitation.status, invitation.closed_reason, invitation.asked) == (
        InvitationStatus.CLOSED,
        "expired",
        False,
    )
    assert (await only_row(database, Customer)).asked_at is None


async def test_an_expired_reminder_leaves_the_invitation_open(database: Database) -> None:
    await queue(database)
    await send(database, ListChannel())
    sent = await only_row(database)
    reminder = {**sent._mapping, "id": sent.id + 1, "kind": "reminder", "status": DeliveryStatus.QUEUED}
    async with database.begin() as connection:
        await connection.execute(insert(Delivery).values(reminder))
    late = (await only_row(database, Invitation)).send_before
    assert (await send(database, ListChannel(), now=late)).cancelled == 1
    invitation = await only_row(database, Invitation)
    assert (invitation.status, invitation.asked) == (InvitationStatus.OPEN, True)


async def test_an_answered_invitation_sends_nothing_more(database: Database) -> None:
    await queue(database)
    await change(database, Invitation, status=InvitationStatus.ANSWERED)
    telegram = ListChannel()
    assert (await send(database, telegram)).cancelled == 1
    assert telegram.asked == []
    assert (await only_row(database, Invitation)).status == InvitationStatus.ANSWERED


async def test_a_blocked_chat_falls_back_to_the_letter_exactly_once(database: Database) -> None:
    await queue(database, email="anna@example.test")
    telegram, mail = ListChannel(error=Undeliverable("blocked")), email()
    sent = await send(database, telegram, mail)
    assert (sent.sent, sent.undeliverable) == (1, 1)
    assert (len(telegram.asked), mail.addresses) == (1, ["anna@example.test"])
    assert mail.asked[0].token == telegram.asked[0].token
    await send(database, telegram, mail, drain=True)
    assert (len(telegram.asked), len(mail.asked)) == (1, 1)
    chat, letter = await rows(database)
    assert (chat.status, chat.reason) == (DeliveryStatus.UNDELIVERABLE, "blocked")
    assert (letter.status, letter.channel, letter.kind) == (DeliveryStatus.SENT, "email", "question")
    dead = {row.value: row.undeliverable_reason for row in await rows(database, Address)}
    assert dead == {"1001": "blocked", "anna@example.test": None}


async def test_a_customer_whom_no_channel_reaches_is_closed_and_freed(database: Database) -> None:
    await queue(database, email="anna@example.test")
    invitation = await only_row(database, Invitation)
    await change(database, Customer, asked_at=invitation.queued_at)
    await change(database, Address, asked_at=invitation.queued_at)
    telegram, mail = ListChannel(error=Undeliverable("no_chat")), email()
    mail.error = Undeliverable("too_large", address_is_dead=False)
    assert (await send(database, telegram, mail)).undeliverable == 2
    invitation = await only_row(database, Invitation)
    assert (invitation.status, invitation.closed_reason) == (InvitationStatus.CLOSED, "unreachable")
    assert not invitation.asked
    assert (await only_row(database, Customer)).asked_at is None
    chat, letter = sorted(await rows(database, Address), key=lambda row: row.kind, reverse=True)
    assert (chat.asked_at, chat.undeliverable_reason) == (None, "no_chat")
    assert (letter.asked_at, letter.undeliverable_at) == (None, None)


@pytest.mark.parametrize(
    "values", [{"opted_out_at": NOW}, {"undeliverable_at": NOW}, {"asked_at": NOW - timedelta(days=1)}]
)
async def test_the_next_channel_is_not_taken_where_its_address_may_not_be_asked(
    database: Database, values: dict[str, Any]
) -> None:
    await queue(database, email="anna@example.test")
    async with database.begin() as connection:
        await connection.execute(update(Address).where(Address.kind == "email").values(**values))
    mail = email()
    await send(database, ListChannel(error=Undeliverable("blocked")), mail)
    assert mail.asked == []
    assert (await only_row(database, Invitation)).closed_reason == "unreachable"


async def test_a_rehearsal_does_not_fall_back_to_a_stranger_s_address(database: Database) -> None:
    await queue(database, email="anna@example.test")
    mail = email()
    await send(database, ListChannel(error=Undeliverable("blocked")), mail, policy=Policy(only=("1001",)))
    assert mail.asked == []


async def test_an_address_that_died_meanwhile_is_passed_over(database: Database) -> None:
    await queue(database, email="anna@example.test")
    async with database.begin() as connection:
        await connection.execute(update(Address).where(Address.kind == "telegram").values(undeliverable_at=NOW))
    telegram, mail = ListChannel(), email()
    sent = await send(database, telegram, mail)
    assert (sent.sent, sent.cancelled) == (1, 1)
    assert (telegram.asked, len(mail.asked)) == ([], 1)


async def test_try_later_backs_off_further_each_time_and_ends(database: Database) -> None:
    await queue(database)
    telegram, now, waits = ListChannel(error=TryLater("busy")), NOW, list[float]()
    allday = Policy(hours=("00:00", "24:00"), weekdays=("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    for _ in range(MAX_TRIES - 1):
        assert (await send(database, telegram, now=now, policy=allday)).deferred == 1
        row = await only_row(database)
        assert (row.status, row.reason) == (DeliveryStatus.QUEUED, "busy")
        waits.append((row.due_at - now).total_seconds() / 60)
        now = row.due_at
    for wait, expected in zip(waits, [1, 5, 30, 120, 120, 120, 120], strict=True):
        assert expected <= wait <= 1.2 * expected
    assert (await send(database, telegram, now=now, policy=allday)).undeliverable == 1
    row = await only_row(database)
    assert (row.status, row.reason, row.attempts) == (DeliveryStatus.UNDELIVERABLE, "attempts", MAX_TRIES)
    assert (await only_row(database, Address)).undeliverable_at is None


async def test_a_wait_that_was_asked_for_is_kept(database: Database) -> None:
    await queue(database)
    await send(database, ListChannel(error=TryLater("slow_down", after=timedelta(seconds=77))), drain=True)
    assert (await only_row(database)).due_at == NOW + timedelta(seconds=77)


async def test_a_refusal_of_the_whole_channel_gives_the_rest_back_and_stops_everybody(database: Database) -> None:
    await queue(database, 10)
    refusal = TryLater("login", whole_channel=True)
    telegram = ListChannel(rate_per_second=20, concurrency=1, error=refusal)
    assert (await send(database, telegram, drain=True)).deferred == 1
    assert len(telegram.asked) == 1
    first, *rest = await rows(database)
    assert (first.status, first.attempts, first.handed_at) == (DeliveryStatus.QUEUED, 0, None)
    assert {(row.status, row.due_at <= NOW, row.sender_id) for row in rest} == {(DeliveryStatus.QUEUED, True, None)}
    telegram.error = None
    assert (await send(database, telegram, drain=True)).sent == 0  # paused
    await change(database, Rate, tat=0.0, paused_at=None, paused_until=None)
    assert (await send(database, telegram)).sent == 9


async def test_draining_waits_out_a_short_wait_of_the_whole_channel(database: Database) -> None:
    await queue(database, 3)
    slow_down = TryLater("flood", after=timedelta(seconds=0.4), whole_channel=True)
    telegram = ListChannel(concurrency=1, errors={"1001": slow_down})
    assert (await send(database, telegram, drain=True)).sent == 2
    assert telegram.moments[1] - telegram.moments[0] >= 0.35


async def test_draining_leaves_a_channel_that_stays_away_to_the_next_run(database: Database) -> None:
    await queue(database, 9)
    away = TryLater("unreachable", after=timedelta(seconds=0.1), whole_channel=True)
    telegram = ListChannel(concurrency=1, error=away)
    assert (await send(database, telegram, drain=True)).deferred == len(telegram.asked) == 3


async def test_unknown_is_never_sent_again_by_itself(database: Database) -> None:
    await queue(database)
    telegram = ListChannel(error=Unknown("cut off"))
    assert (await send(database, telegram)).unknown == 1
    assert (await send(database, telegram, drain=True)).unknown == 1
    assert len(telegram.asked) == 1
    row = await only_row(database)
    assert (row.status, row.reason) == (DeliveryStatus.UNKNOWN, "cut off")


async def test_what_may_meet_the_others_too_lets_the_channel_rest_and_leaves_no_more_unknown_than_were_under_way(
    database: Database,
) -> None:
    await queue(database, 20)
    broken = ListChannel(rate_per_second=200, concurrency=3, error=Unknown("server_error", rest=timedelta(seconds=10)))
    done = await send(database, broken)
    assert (done.sent, done.unknown) == (0, len(broken.asked))
    assert 1 <= done.unknown <= 3
    async with database.read() as connection:
        assert set(await find_pauses(connection)) == {"telegram"}
    await let_the_wait_end(database)
    telegram = ListChannel(rate_per_second=200)
    assert (await send(database, telegram)).sent == 20 - done.unknown
    assert not {*telegram.addresses} & {*broken.addresses}


async def test_a_fault_of_ours_harms_only_its_own_delivery(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await queue(database, 3)
    telegram = ListChannel(errors={"1002": KeyError("a bug")})
    sent = await send(database, telegram)
    assert (sent.sent, sent.unknown) == (2, 1)
    assert "broke the channel" in caplog.text


async def test_one_channel_s_trouble_does_not_stop_the_other(database: Database) -> None:
    await queue(database, 2)
    async with database.begin() as connection:
        await ask_customer(connection, "3", channel="email", status=DeliveryStatus.QUEUED)
    mail = email()
    await send(database, ListChannel(error=TryLater("down", whole_channel=True)), mail)
    assert mail.addresses == ["c3@example.test"]


async def test_a_run_that_is_cut_short_writes_down_what_was_under_way(database: Database) -> None:
    await queue(database, 6)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: Question) -> None:
        begun.set()
        await go_on.wait()

    running = asyncio.create_task(send(database, ListChannel(concurrency=1, reaction=wait)))
    await begun.wait()
    running.cancel()
    asyncio.get_running_loop().call_later(0.05, go_on.set)
    with pytest.raises(asyncio.CancelledError):
        await running
    first, *rest = await rows(database)
    assert first.status == DeliveryStatus.SENT
    assert {row.status for row in rest} == {DeliveryStatus.QUEUED}


async def test_a_run_that_is_told_to_stop_begins_no_further_batch(database: Database) -> None:
    await queue(database, 10)
    stopping = asyncio.Event()

    async def stop(_: Question) -> None:
        stopping.set()

    telegram = ListChannel(rate_per_second=2, reaction=stop)
    sent = await send_due(database, {"telegram": telegram}, POLICY, COMPANY, NOW, drain=True, stopping=stopping)
    assert sent.sent == len(telegram.asked) == 4


async def test_a_result_is_settled_by_the_steps_as_by_the_loop(database: Database) -> None:
    await queue(database)
    telegram = ListChannel()
    async with shift_of(database, telegram) as shift:
        batch = await lease_batch(shift, telegram)
        async with database.begin() as connection:
            marked = await mark_sending(connection, shift, batch.rows)
        [row] = batch.rows
        outcome = await hand_over(telegram, row.question, marked.tries[row.id])
        async with database.begin() as connection:
            assert (await settle(connection, shift, telegram, [outcome])).sent == 1
            assert (await settle(connection, shift, telegram, [outcome])).sent == 0
    assert (await only_row(database)).status == DeliveryStatus.SENT


async def test_progress_is_told_batch_by_batch_up_to_all_that_was_due(database: Database) -> None:
    async with database.begin() as connection:
        for number in range(1, 6):
            await ask_customer(
                connection, str(number), status=DeliveryStatus.QUEUED, channel="telegram" if number < 4 else "email"
            )
    told: list[tuple[int, int]] = []
    telegram = ListChannel(errors={"1002": Undeliverable("blocked"), "1003": Unknown("cut off")})
    email = ListChannel(name="email", address_kind="email")
    channels = {"telegram": telegram, "email": email}
    await send_due(database, channels, POLICY, COMPANY, NOW, progress=lambda *far: told.append(far))
    assert told in ([(0, 5), (3, 5), (5, 5)], [(0, 5), (2, 5), (5, 5)])
