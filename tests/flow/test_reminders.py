"""Reminders: one, to whom the question reached and who kept silent; every reason against it is kept."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, insert, select, update

from bot.channels.settings import TelegramSettings
from bot.channels.telegram import TelegramChannel
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from scheduler.answering import record_score
from scheduler.asking.policy import Policy
from scheduler.asking.reminding import Reminded, remind
from scheduler.asking.sending import Sent, send_due
from scheduler.channel import TryLater, Undeliverable
from scheduler.contacting import opt_out
from storage.database import Database
from storage.models import Address, Campaign, Customer, Delivery, Invitation
from storage.reach import Silence, count_reach, count_unanswered
from storage.statuses import AddressKind, CampaignStatus, DeliveryStatus, InvitationStatus, ResponseChannel
from tests.flow.channels import ListChannel
from tests.flow.conversation import Conversation
from tests.flow.world import COMPANY, NOW, POLICY, add_sale, ask_customer, ensure_address

DUE = NOW + timedelta(days=5)  # a Monday, 15:00 in Moscow
CHANNELS = ("telegram", "email")


async def ask(database: Database, number: int = 1, **values: Any) -> None:
    """Somebody to whom the question was handed over five days before DUE."""
    async with database.begin() as connection:
        await ask_customer(connection, str(number), queued_at=NOW, **values)


async def look(
    database: Database, now: datetime = DUE, policy: Policy = POLICY, channels: tuple[str, ...] = CHANNELS
) -> Reminded:
    return await remind(database, policy, COMPANY, channels, now)


async def send(database: Database, *channels: ListChannel, now: datetime = DUE) -> Sent:
    return await send_due(database, {channel.name: channel for channel in channels}, POLICY, COMPANY, now)


async def change(database: Database, model: Any, **values: Any) -> None:
    async with database.begin() as connection:
        await connection.execute(update(model).values(**values))


async def reminders(database: Database) -> list[Row[Any]]:
    async with database.read() as connection:
        found = select(Delivery.__table__).where(Delivery.kind == "reminder").order_by(Delivery.id)
        return list((await connection.execute(found)).all())


async def only_invitation(database: Database) -> Row[Any]:
    async with database.read() as connection:
        return (await connection.execute(select(Invitation.__table__))).one()


async def test_who_kept_silent_is_reminded_once_on_the_same_channel_and_address(database: Database) -> None:
    await ask(database, channel="email")
    await change(database, Delivery, reference="<first@shop.test>")
    assert await look(database, DUE - timedelta(minutes=1)) == Reminded(queued=0, cancelled=0)
    assert (await look(database)).queued == 1
    assert (await look(database)).queued == 0
    mail, telegram = ListChannel(name="email", address_kind="email"), ListChannel()
    assert (await send(database, mail, telegram)).sent == 1
    [question] = mail.asked
    assert (question.kind, question.address, question.thread) == ("reminder", "c1@example.test", "<first@shop.test>")
    assert telegram.asked == []
    assert (await look(database, DUE + timedelta(days=1))).queued == 0


async def test_a_reminder_waits_for_the_customer_s_window(database: Database) -> None:
    await ask(database, timezone="Asia/Kamchatka")
    await look(database)
    [row] = await reminders(database)
    assert row.due_at == datetime.fromisoformat("2026-11-24T10:00:00+12:00")


async def test_the_shop_can_do_without_reminders(database: Database) -> None:
    await ask(database)
    off = Policy(reminder_days=0)
    assert (await look(database, policy=off)).queued == 0
    await look(database)
    assert await look(database, policy=off) == Reminded(queued=0, cancelled=1)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Delivery, {"status": DeliveryStatus.UNKNOWN}),
        (Delivery, {"status": DeliveryStatus.UNDELIVERABLE, "reason": "bounced"}),
        (Delivery, {"status": DeliveryStatus.SENDING}),
        (Invitation, {"status": InvitationStatus.ANSWERED, "answered_at": NOW}),
        (Invitation, {"status": InvitationStatus.CLOSED}),
        (Invitation, {"link_until": DUE}),
        (Invitation, {"link_until": DUE + timedelta(days=2)}),
        (Invitation, {"send_before": DUE}),
        (Customer, {"opted_out_at": NOW}),
        (Customer, {"consent": False}),
        (Customer, {"not_before": DUE + timedelta(days=1)}),
        (Customer, {"asked_at": NOW + timedelta(days=2)}),  # a newer question
        (Customer, {"telegram_address_id": None}),  # no longer theirs
        (Address, {"opted_out_at": NOW}),
        (Address, {"undeliverable_at": NOW, "undeliverable_reason": "blocked"}),
        (Address, {"undeliverable_at": NOW, "undeliverable_reason": "complaint"}),
        (Campaign, {"status": CampaignStatus.PAUSED}),
        (Campaign, {"status": CampaignStatus.CANCELLED}),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, Mapping) else value.__name__,
)
async def test_nobody_is_reminded_against_a_rule(database: Database, model: Any, values: dict[str, Any]) -> None:
    await ask(database)
    await change(database, model, **values)
    assert (await look(database)).queued == 0


async def test_nobody_is_reminded_whose_other_address_said_stop(database: Database) -> None:
    await ask(database, email="anna@example.test")
    async with database.begin() as connection:
        await connection.execute(update(Address).where(Address.kind == "email").values(opted_out_at=NOW))
    assert (await look(database)).queued == 0


async def test_nobody_is_reminded_of_a_sale_that_was_taken_back(database: Database) -> None:
    await ask(database)
    async with database.begin() as connection:
        await add_sale(connection, None, "R1", amount=-100_000, returns_sale="S1")
    assert (await look(database)).queued == 0


async def test_only_where_consent_is_on_record_and_in_a_rehearsal_only_its_addresses(database: Database) -> None:
    await ask(database, 1, consent=True)
    await ask(database, 2, consent=True)
    await ask(database, 3)
    assert (await look(database, policy=Policy(require_consent=True, only=("1002", "1003")))).queued == 1
    [row] = await reminders(database)
    assert row.address_id == 2


async def test_a_channel_that_is_off_reminds_nobody(database: Database) -> None:
    await ask(database)
    assert (await look(database, channels=("email",))).queued == 0


async def test_what_is_long_past_is_not_made_up_for(database: Database) -> None:
    await ask(database)
    month = NOW + timedelta(days=35)
    await change(database, Invitation, send_before=month + timedelta(days=30))
    assert (await look(database, month)).queued == 0
    assert (await look(database, NOW + timedelta(days=11, hours=23))).queued == 1  # nearly a week late is in time


async def test_a_reminder_that_was_held_up_too_long_is_called_off(database: Database) -> None:
    await ask(database)
    await look(database)
    await change(database, Invitation, send_before=NOW + timedelta(days=40))
    await change(database, Campaign, status=CampaignStatus.PAUSED)
    assert (await look(database, DUE + timedelta(days=20))).cancelled == 0
    assert (await look(database, DUE + timedelta(days=22))).cancelled == 1
    [row] = await reminders(database)
    assert (row.status, row.reason) == (DeliveryStatus.CANCELLED, "expired")
    assert (await only_invitation(database)).status == InvitationStatus.OPEN


async def test_a_question_that_arrived_on_two_channels_is_recalled_once(database: Database) -> None:
    """As where what was unknown on one is settled after the other was sent."""
    await ask(database, email="anna@example.test")
    async with database.begin() as connection:
        first = (await connection.execute(select(Delivery.__table__))).one()
        letter = {
            **first._mapping, "channel": "email", "handed_at": NOW + timedelta(hours=1),
            "address_id": await ensure_address(connection, AddressKind.EMAIL, "anna@example.test"),
        }  # fmt: skip
        del letter["id"]
        await connection.execute(insert(Delivery).values(letter))
    assert (await look(database)).queued == 0  # the letter's moment comes an hour later
    assert (await look(database, DUE + timedelta(hours=1))).queued == 1
    [row] = await reminders(database)
    assert row.channel == "email"
    await change(database, Delivery, handed_at=NOW)
    assert (await look(database)).queued == 0


async def test_two_at_once_remind_everybody_once(database: Database) -> None:
    for number in range(1, 31):
        await ask(database, number)
    done = await asyncio.gather(look(database), look(database), look(database))
    assert sum(one.queued for one in done) == 30
    assert len({row.invitation_id for row in await reminders(database)}) == len(await reminders(database)) == 30


async def test_many_hand_overs_are_walked_through_in_stretches(database: Database) -> None:
    for number in range(1, 8):
        await ask(database, number)
    async with database.begin() as connection:  # four at one moment, three at moments of their own
        for number in range(1, 4):
            moved = update(Delivery).where(Delivery.id == number).values(handed_at=NOW - timedelta(hours=number))
            await connection.execute(moved)
    assert (await remind(database, POLICY, COMPANY, CHANNELS, DUE, at_once=2)).queued == 7


async def test_what_comes_up_after_queueing_still_holds_it_back(database: Database) -> None:
    for number in range(1, 5):
        await ask(database, number)
    await look(database)
    telegram = ListChannel()
    async with database.begin() as connection:
        tokens = list((await connection.execute(select(Invitation.token).order_by(Invitation.id))).scalars())
        await record_score(
            connection,
            POLICY,
            COMPANY,
            token=tokens[0],
            score=9,
            channel=ResponseChannel.TELEGRAM,
            now=DUE,
            chat="1001",
        )
        await opt_out(connection, token=tokens[1], now=DUE)
        await connection.execute(update(Address).where(Address.value == "1003").values(undeliverable_at=DUE))
    await send(database, telegram)
    assert telegram.addresses == ["1004"]
    assert [row.reason for row in await reminders(database)] == ["answered", "opted_out", "suppressed", None]


@pytest.mark.parametrize("error", [Undeliverable("blocked"), TryLater("busy")])
async def test_a_reminder_that_fails_takes_no_other_way_and_closes_nothing(
    database: Database, error: Exception
) -> None:
    await ask(database, email="anna@example.test")
    asked_at = (await only_invitation(database)).queued_at
    await change(database, Customer, asked_at=asked_at)
    await look(database)
    if isinstance(error, TryLater):
        await change(database, Delivery, attempts=7)  # one try is left
    mail = ListChannel(name="email", address_kind="email")
    assert (await send(database, ListChannel(error=error), mail)).undeliverable == 1
    assert mail.asked == []
    invitation = await only_invitation(database)
    assert (invitation.status, invitation.asked) == (InvitationStatus.OPEN, True)
    async with database.read() as connection:
        assert (await connection.execute(select(Customer.asked_at))).scalar_one() == asked_at


async def test_a_reminder_starts_no_new_cool_down(database: Database) -> None:
    await ask(database)
    await change(database, Customer, asked_at=NOW)
    await change(database, Address, asked_at=NOW)
    await look(database)
    await send(database, ListChannel())
    async with database.read() as connection:
        assert (await connection.execute(select(Customer.asked_at))).scalar_one() == NOW
        assert (await connection.execute(select(Address.asked_at))).scalar_one() == NOW


async def test_a_reminder_counts_in_the_response_rate_as_every_delivery_does(database: Database) -> None:
    """Two answered after a reminder, one silent in spite of it: four of six deliveries; invitations count once."""
    tokens = []
    for number in range(1, 4):
        async with database.begin() as connection:
            tokens.append((await ask_customer(connection, str(number), queued_at=NOW)).token)
    await look(database)
    await send(database, ListChannel())
    async with database.begin() as connection:
        for token in tokens[:2]:
            await record_score(
                connection, POLICY, COMPANY, token=token, score=9, channel=ResponseChannel.EMAIL, now=DUE
            )
        end = DUE + timedelta(hours=1)
        reach = await count_reach(connection, NOW, end, as_of=end)
        assert (reach.sent, reach.reached, reach.answered) == (6, 6, 4)
        assert (await count_reach(connection, DUE, end, as_of=end)).answered == 2
        assert (await count_unanswered(connection, NOW, end, as_of=end))[Silence.SILENT] == 1


async def test_the_reminder_s_buttons_do_what_the_question_s_do(database: Database) -> None:
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_user(1001)
        talk = Conversation(database, api, bot)
        await ask(database)
        channel = TelegramChannel(bot, talk.settings, POLICY, COMPANY)
        await change(database, Delivery, status=DeliveryStatus.QUEUED, handed_at=None)
        await send_due(database, {"telegram": channel}, POLICY, COMPANY, NOW)
        await look(database)
        assert (await send_due(database, {"telegram": channel}, POLICY, COMPANY, DUE)).sent == 1
        first, second = api.messages(1001)
        assert second.extra["reply_to_message"]["message_id"] == first.message_id
        token = (await only_invitation(database)).token
        api.tap(1001, second.message_id, f"s:{token}:9")
        await talk.settle(DUE)
        assert "9" in (api.current_text(1001, second.message_id) or "").partition("✓")[2]
    assert (await only_invitation(database)).status == InvitationStatus.ANSWERED
