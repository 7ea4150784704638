"""What comes up between queueing and hand-over is seen before anything goes out: imported, said or changed."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from scheduler.asking.leasing import lease_batch
from scheduler.asking.marking import mark_sending
from scheduler.asking.picking import pick
from scheduler.asking.policy import Policy
from scheduler.asking.sending import send_due
from storage import deliveries
from storage.database import Database
from storage.models import Address, Campaign, Customer, Delivery, Invitation, Response
from storage.statuses import AddressKind, CampaignStatus, DeliveryStatus
from tests.flow.channels import ListChannel
from tests.flow.taking_in import sale, take_customers, take_sales, write
from tests.flow.test_reminders import DUE, ask, change, look, only_invitation, reminders
from tests.flow.test_reminders import send as send_reminders
from tests.flow.test_sending import only_row, queue, rows, shift_of
from tests.flow.world import COMPANY, NOW, POLICY, add_customer, add_sale, ensure_address
from tests.storage.picking_shop import CHANNELS

FRIDAY_NIGHT = datetime.fromisoformat("2026-11-20T21:00:00+03:00")
MONDAY = datetime.fromisoformat("2026-11-23T12:00:00+03:00")
CONSENTING = Policy(require_consent=True)

Deed = Callable[[Database, Path], Awaitable[object]]


async def picked_at_night(database: Database) -> None:
    """Anna bought twice; the newer sale is to be asked about as soon as her window opens."""
    async with database.begin() as connection:
        anna = await add_customer(connection, "7", telegram="1007")
        await add_sale(connection, anna, "OLD", sold_at=FRIDAY_NIGHT - timedelta(days=7))
        await add_sale(connection, anna, "NEW", sold_at=FRIDAY_NIGHT - timedelta(days=4))
    assert (await pick(database, POLICY, COMPANY, CHANNELS, FRIDAY_NIGHT)).picked == 1


async def send(database: Database, telegram: ListChannel, policy: Policy = POLICY) -> int:
    return (await send_due(database, {"telegram": telegram}, policy, COMPANY, MONDAY)).cancelled


async def asked_about(database: Database) -> str:
    """The sale that the newest invitation speaks of."""
    return str((await rows(database, Invitation))[-1].sale_id)


async def take_return(database: Database, folder: Path) -> None:
    await take_sales(database, write(folder / "r.csv", [sale("R1", "7", -1000, returns_sale="NEW")]))


async def turn_into_return(database: Database, folder: Path) -> None:
    await take_sales(database, write(folder / "r.csv", [sale("NEW", "7", -1000)]))


async def take_refusal(database: Database, folder: Path) -> None:
    await take_customers(database, write(folder / "c.csv", [{"customer_id": "7", "consent": "нет"}]))


async def take_consent(database: Database, folder: Path) -> None:
    await take_customers(database, write(folder / "c.csv", [{"customer_id": "7", "consent": "да"}]))


@pytest.mark.parametrize("deed", [take_return, turn_into_return])
async def test_a_sale_taken_back_over_the_weekend_is_not_asked_about_and_its_customer_is_free(
    database: Database, tmp_path: Path, deed: Deed
) -> None:
    await picked_at_night(database)
    newest = await asked_about(database)
    await deed(database, tmp_path)
    telegram = ListChannel()
    assert await send(database, telegram) == 1
    assert telegram.asked == []
    delivery, invitation, customer = [await only_row(database, one) for one in (Delivery, Invitation, Customer)]
    assert (delivery.status, delivery.reason) == (DeliveryStatus.CANCELLED, "returned")
    assert (invitation.status, invitation.closed_reason, invitation.asked) == ("closed", "cancelled", False)
    assert customer.asked_at is None
    assert (await pick(database, POLICY, COMPANY, CHANNELS, MONDAY)).picked == 1
    assert await asked_about(database) != newest
    await send(database, telegram)
    assert telegram.addresses == ["1007"]


async def test_a_consent_withdrawn_over_the_weekend_holds_the_question_back_and_frees_the_customer(
    database: Database, tmp_path: Path
) -> None:
    await picked_at_night(database)
    await take_refusal(database, tmp_path)
    telegram = ListChannel()
    assert await send(database, telegram) == 1
    assert telegram.asked == []
    assert (await only_row(database)).reason == "no_consent"
    assert (await only_row(database, Customer)).asked_at is None
    await take_consent(database, tmp_path)
    assert (await pick(database, POLICY, COMPANY, CHANNELS, MONDAY)).picked == 1


async def test_consent_that_is_to_be_on_record_is_looked_for_again_before_hand_over(
    database: Database, tmp_path: Path
) -> None:
    await picked_at_night(database)
    telegram = ListChannel()
    assert await send(database, telegram, CONSENTING) == 1
    assert (telegram.asked, (await only_row(database)).reason) == ([], "no_consent")
    await take_consent(database, tmp_path)
    assert (await pick(database, CONSENTING, COMPANY, CHANNELS, MONDAY)).picked == 1
    assert await send(database, telegram, CONSENTING) == 0
    assert telegram.addresses == ["1007"]


@pytest.mark.parametrize("is_exchange", [False, True])
async def test_the_mark_refuses_what_has_come_up_since_the_lease(database: Database, is_exchange: bool) -> None:
    await queue(database, 4, consent=True)
    telegram = ListChannel()
    async with shift_of(database, telegram, policy=CONSENTING) as shift:
        batch = await lease_batch(shift, telegram)
        async with database.begin() as connection:
            await add_sale(connection, None, "R1", amount=-100_000, returns_sale="S1")
            for number, consent in (("2", False), ("3", None)):
                theirs = update(Customer).where(Customer.external_id == number)
                await connection.execute(theirs.values(consent=consent))
            if is_exchange:
                ids = [row.id for row in batch.rows]
                _, tries = await deliveries.exchange(connection, shift.sender_id, {}, ids, NOW, require_consent=True)
            else:
                tries = (await mark_sending(connection, shift, batch.rows)).tries
    assert list(tries) == [batch.rows[3].id]


async def answer_elsewhere(database: Database) -> None:
    answer = {"customer_id": 1, "score": 9, "channel": "manual", "answered_at": DUE, "day": COMPANY.local_day(DUE)}
    async with database.begin() as connection:
        await connection.execute(insert(Response).values(answer))


async def take_sale_back(database: Database) -> None:
    async with database.begin() as connection:
        await add_sale(connection, None, "R1", amount=-100_000, returns_sale="S1")


async def stop_on_another_address(database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(update(Address).where(Address.value == "anna@example.test").values(opted_out_at=DUE))


async def correct_the_address(database: Database) -> None:
    async with database.begin() as connection:
        another = await ensure_address(connection, AddressKind.TELEGRAM, "1999")
        anna = update(Customer).where(Customer.external_id == "1")
        await connection.execute(anna.values(telegram_address_id=another))


async def refuse_consent(database: Database) -> None:
    await change_anna(database, consent=False)


async def put_everything_off(database: Database) -> None:
    await change_anna(database, not_before=DUE + timedelta(days=9))


async def bounce_the_question(database: Database) -> None:
    async with database.begin() as connection:
        hers = (Delivery.invitation_id == 1, Delivery.kind == "question")
        await connection.execute(update(Delivery).where(*hers).values(status=DeliveryStatus.UNDELIVERABLE))


async def change_anna(database: Database, **values: Any) -> None:
    async with database.begin() as connection:
        await connection.execute(update(Customer).where(Customer.external_id == "1").values(**values))


REASONS: dict[Any, str] = {take_sale_back: "returned", refuse_consent: "no_consent"}


@pytest.mark.parametrize(
    "deed",
    [
        answer_elsewhere, take_sale_back, stop_on_another_address, correct_the_address, refuse_consent,
        put_everything_off, bounce_the_question,
    ],
)  # fmt: skip
async def test_a_reminder_is_called_off_by_what_would_have_kept_it_from_being_queued(
    database: Database, deed: Callable[[Database], Awaitable[None]]
) -> None:
    await ask(database, 1, email="anna@example.test")
    await ask(database, 2)
    assert (await look(database)).queued == 2
    await deed(database)
    telegram = ListChannel()
    done = await send_reminders(database, telegram)
    assert (done.sent, done.cancelled, telegram.addresses) == (1, 1, ["1002"])
    of_anna, of_boris = await reminders(database)
    assert (of_anna.status, of_anna.reason) == (DeliveryStatus.CANCELLED, REASONS.get(deed, "needless"))
    assert of_boris.status == DeliveryStatus.SENT
    assert {row.status for row in await rows(database, Invitation)} == {"open"}, "an answer is still taken"


async def test_the_mark_refuses_a_reminder_that_has_become_needless_since_the_lease(database: Database) -> None:
    await ask(database, 1)
    await ask(database, 2)
    await look(database)
    telegram = ListChannel()
    await change(database, Delivery, due_at=NOW)
    async with shift_of(database, telegram) as shift:
        batch = await lease_batch(shift, telegram)
        await answer_elsewhere(database)
        async with database.begin() as connection:
            marked = await mark_sending(connection, shift, batch.rows)
    [needless] = [row.id for row in batch.rows if row.question.address == "1001"]
    assert len(batch.rows) == 2
    assert needless not in marked.tries
    assert len(marked.tries) == 1


async def test_what_no_lease_meets_is_called_off_too(database: Database) -> None:
    """Of a campaign that is paused, by whoever tidies up."""
    await ask(database)
    await look(database)
    await change(database, Campaign, status=CampaignStatus.PAUSED)
    await take_sale_back(database)
    assert (await send_reminders(database, ListChannel())).cancelled == 1
    assert (await only_invitation(database)).status == "open"
