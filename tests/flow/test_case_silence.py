"""Until a case is resolved nobody asks its customer anything: not by what waited, nor by what was just on its way."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from scheduler.asking.asking_again import ask_again
from scheduler.asking.explaining import explain
from scheduler.asking.picking import pick
from scheduler.asking.rules import SkipReason
from scheduler.asking.sending import Sent, send_due
from scheduler.channel import Question, TryLater, Undeliverable
from scheduler.closing import Person, reopen
from storage.models import Address, Case, Customer, Delivery, Invitation
from storage.statuses import CaseStatus, DeliveryStatus, InvitationStatus
from tests.flow.channels import ListChannel
from tests.flow.floor import IVAN, Floor
from tests.flow.world import COMPANY, NOW, POLICY, add_sale, ask_customer, ensure_campaign

CHANNELS = (("telegram", "telegram"), ("email", "email"))
PAUSE, MINUTE = timedelta(days=POLICY.case_pause_days), timedelta(minutes=1)
BY = Person(id=str(IVAN), name="Иван")
EAGER = replace(POLICY, cooldown_days=1)


@pytest.fixture
async def resolved(floor: Floor) -> Floor:
    """A case was resolved so long ago that the customer is asked again now."""
    await floor.answer(3)
    await floor.tap("resolve")
    floor.now += PAUSE
    return floor


async def ask(floor: Floor) -> int:
    return await ask_again(floor.database, POLICY, COMPANY, CHANNELS, floor.now)


async def send(floor: Floor, *channels: ListChannel) -> Sent:
    return await send_due(
        floor.database, {channel.name: channel for channel in channels}, POLICY, COMPANY, floor.now, drain=True
    )  # fmt: skip


async def ask_about_another_sale(floor: Floor) -> None:
    """It waits, due now."""
    async with floor.database.begin() as connection:
        customer_id = floor.asked.customer_id
        sale_id = await add_sale(connection, customer_id, "S9", sold_at=NOW + PAUSE - timedelta(days=3))
        asked: dict[str, Any] = {
            "token": "another", "campaign_id": await ensure_campaign(connection), "customer_id": customer_id,
            "sale_id": sale_id, "occasion": f"sale:{sale_id}", "status": InvitationStatus.OPEN, "asked": True,
            "queued_at": floor.now, "send_before": floor.now + PAUSE, "link_until": floor.now + PAUSE,
        }  # fmt: skip
        invitation_id = await connection.scalar(insert(Invitation).values(asked).returning(Invitation.id))
        chat = await connection.scalar(select(Customer.telegram_address_id))
        waits = {"kind": "question", "channel": "telegram", "status": DeliveryStatus.QUEUED, "attempts": 0}
        of_it = {"invitation_id": invitation_id, "campaign_id": asked["campaign_id"], "address_id": chat}
        await connection.execute(insert(Delivery).values(due_at=floor.now, **waits, **of_it))
        for model in (Customer, Address):
            await connection.execute(update(model).values(asked_at=floor.now))


async def newest(floor: Floor) -> tuple[str, str | None, str, bool]:
    """(delivery's status, its reason, invitation's status, whether it counts as asked) of the newest question."""
    columns = (Delivery.status, Delivery.reason, Invitation.status.label("stands"), Invitation.asked)
    joined = select(*columns).join_from(Delivery, Invitation, Invitation.id == Delivery.invitation_id)
    async with floor.database.read() as connection:
        row = (await connection.execute(joined.order_by(Delivery.id.desc()).limit(1))).one()
    return row[0], row[1], row[2], row[3]


WITHDRAWN = (DeliveryStatus.CANCELLED, "case_open", InvitationStatus.CLOSED, False)


async def test_what_waits_is_withdrawn_when_a_case_opens(floor: Floor) -> None:
    await ask_about_another_sale(floor)
    await floor.answer(3)
    assert await newest(floor) == WITHDRAWN
    channel = ListChannel()
    await send(floor, channel)
    assert channel.asked == []
    explained = await explain(floor.database, EAGER, COMPANY, CHANNELS, floor.now, number="1")
    assert SkipReason.CASE_OPEN in [rule for rule, holds in explained.verdicts.items() if holds]
    assert [one.status for invitation in explained.invitations for one in invitation.deliveries].count("queued") == 0


async def test_once_it_is_resolved_they_may_be_asked_about_that_sale(floor: Floor) -> None:
    await ask_about_another_sale(floor)
    await floor.answer(3)
    await floor.tap("resolve")
    floor.now += PAUSE
    assert (await pick(floor.database, EAGER, COMPANY, CHANNELS, floor.now)).picked == 1


async def test_what_waits_of_another_campaign_is_withdrawn_when_a_case_is_opened_again(resolved: Floor) -> None:
    await ask_about_another_sale(resolved)
    resolved.now += MINUTE
    await resolved.tap("reopen")
    assert await newest(resolved) == WITHDRAWN
    channel = ListChannel()
    await send(resolved, channel)
    assert channel.asked == []


async def open_again_unseen(floor: Floor) -> None:
    """As a tap does that was committed at the same moment as the question."""
    async with floor.database.begin() as connection:
        await connection.execute(update(Case).values(status=CaseStatus.OPEN, resolved_at=None))


@pytest.mark.parametrize("is_met", [True, False])
async def test_what_was_queued_at_the_same_moment_is_never_sent_and_asked_later(resolved: Floor, is_met: bool) -> None:
    assert await ask(resolved) == 1
    await open_again_unseen(resolved)
    async with resolved.database.begin() as connection:
        await ask_customer(connection, "2", status=DeliveryStatus.QUEUED, queued_at=resolved.now)
    channel = ListChannel(rate_per_second=1)
    if is_met:
        sent = await send(resolved, channel)
        assert (sent.sent, sent.cancelled, channel.addresses) == (1, 1, ["1002"]), "it stands in nobody's way"
    await resolved.tap("resolve")
    await send(resolved, channel)
    assert channel.addresses == ["1002"], "nor within the pause"
    resolved.now += PAUSE
    assert await ask(resolved) == 1


async def test_what_is_put_off_while_it_is_opened_again_does_not_go_out(resolved: Floor) -> None:
    async def fail(_: Question) -> None:
        await resolved.database.write(lambda connection: reopen(connection, case_id, BY, resolved.now))
        raise TryLater("busy", after=MINUTE)

    case_id = await resolved.case("id")
    await ask(resolved)
    channel = ListChannel(reaction=fail)
    await send(resolved, channel)
    assert (await newest(resolved))[0] == DeliveryStatus.QUEUED
    resolved.now += timedelta(hours=1)
    await send(resolved, channel)
    assert len(channel.asked) == 1
    assert await newest(resolved) == WITHDRAWN
    await resolved.tap("resolve")
    resolved.now += PAUSE
    assert await ask(resolved) == 1


async def test_what_one_channel_refuses_meanwhile_goes_to_no_other(resolved: Floor) -> None:
    async def refuse(_: Question) -> None:
        await resolved.database.write(lambda connection: reopen(connection, case_id, BY, resolved.now))
        raise Undeliverable("blocked")

    case_id = await resolved.case("id")
    await ask(resolved)
    mail = ListChannel(name="email", address_kind="email")
    await send(resolved, ListChannel(reaction=refuse), mail)
    assert mail.asked == []
    await resolved.tap("resolve")
    resolved.now += PAUSE
    assert await ask(resolved) == 1, "by e-mail then"
