"""What a letter that came back changes, once: on both engines, in whatever order things happen."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from scheduler.housekeeping import tidy
from scheduler.mailbox import KEPT, Letter, TooEarly
from storage.database import Database
from storage.erasing import erase_customer
from storage.mailbox import count_letters
from storage.models import Address, Customer, Delivery, Invitation, Rate, Response
from storage.rates import is_paused
from storage.statuses import DeliveryStatus, InvitationStatus, LetterKind
from tests.flow.mailbox import Box, ask, failed, only, replied, rows
from tests.flow.world import NOW, Seeded
from tests.unit.mail import complaint, reply


@pytest.fixture
def box(database: Database) -> Box:
    return Box(database)


@pytest.mark.parametrize("status", [DeliveryStatus.SENT, DeliveryStatus.UNKNOWN])
async def test_a_hard_bounce_ends_address_delivery_and_invitation(
    database: Database, box: Box, status: DeliveryStatus
) -> None:
    asked = await ask(database, status=status)
    assert await box.come(failed(asked)) is LetterKind.HARD_BOUNCE
    delivery, address, invitation = [await only(database, model) for model in (Delivery, Address, Invitation)]
    assert (delivery.status, delivery.reason) == (DeliveryStatus.UNDELIVERABLE, "bounced")
    assert delivery.reference == f"<molva.{asked.token}.question@s.t>"
    assert (address.undeliverable_at, address.undeliverable_reason) == (NOW, "bounced")
    assert (invitation.status, invitation.closed_reason, invitation.asked) == (
        InvitationStatus.CLOSED, "unreachable", False,
    )  # fmt: skip


async def test_a_bounced_question_goes_to_the_next_channel(database: Database) -> None:
    box = Box(database, "email", "telegram")
    asked = await ask(database, telegram="1001")
    await box.come(failed(asked))
    deliveries = await rows(database)
    assert [(row.channel, row.status) for row in deliveries] == [("email", "undeliverable"), ("telegram", "queued")]
    assert (await only(database, Invitation)).status == InvitationStatus.OPEN


async def test_a_delay_is_only_counted_and_a_lost_letter_leaves_the_address(database: Database, box: Box) -> None:
    asked = await ask(database)
    assert await box.come(failed(asked).replace(b"Action: failed", b"Action: delayed")) is LetterKind.DELAYED
    assert (await only(database, Delivery)).status == DeliveryStatus.SENT
    assert await box.come(failed(asked, "5.2.2", 2)) is LetterKind.SOFT_BOUNCE
    assert (await only(database, Delivery)).status == DeliveryStatus.UNDELIVERABLE
    assert (await only(database, Address)).undeliverable_at is None
    async with database.read() as connection:
        assert await count_letters(connection) == {"delayed": 1, "soft_bounce": 1}


async def test_the_third_lost_letter_in_a_month_ends_the_address(database: Database, box: Box) -> None:
    for number in (1, 2, 3):
        asked = await ask(database, str(number), email="anna@example.test")
        await box.come(failed(asked, "4.4.7", number))
        assert ((await only(database, Address)).undeliverable_at is not None) == (number == 3)


async def test_distrust_of_us_never_ends_an_address(database: Database, box: Box) -> None:
    for number in range(1, 5):
        asked = await ask(database, str(number), email="anna@example.test")
        assert await box.come(failed(asked, "5.7.1", number)) is LetterKind.REFUSED_BOUNCE
    assert (await only(database, Address)).undeliverable_at is None
    assert {row.reason for row in await rows(database)} == {"refused"}


@pytest.mark.parametrize(("domains", "letters"), [(3, 3), (1, 5)])
async def test_distrust_by_several_stops_the_letters_for_a_while(
    database: Database, box: Box, domains: int, letters: int
) -> None:
    for number in range(1, letters + 1):
        async with database.begin() as connection:
            assert not await is_paused(connection, "email")
        asked = await ask(database, str(number), email=f"c{number}@shop{number % domains}.test")
        await box.come(failed(asked, "5.7.1", number))
    async with database.begin() as connection:
        assert await is_paused(connection, "email")


async def test_an_address_erased_after_its_bounce_is_no_domain_of_its_own(database: Database, box: Box) -> None:
    for number in (1, 2, 3):
        asked = await ask(database, str(number), email=f"c{number}@one.test")
        await box.come(failed(asked, "5.7.1", number))
        async with database.begin() as connection:
            assert not await is_paused(connection, "email")
            await erase_customer(connection, asked.customer_id, NOW)


async def test_distrust_of_few_letters_among_many_stops_no_other(database: Database, box: Box) -> None:
    for number in range(10, 80):
        await ask(database, str(number))
    for number in (1, 2, 3):
        asked = await ask(database, str(number), email=f"c@shop{number}.test")
        await box.come(failed(asked, "5.7.1", number))
    async with database.begin() as connection:
        assert not await is_paused(connection, "email")


async def test_one_letter_stops_the_others_once_however_often_its_bounce_is_forged(
    database: Database, box: Box
) -> None:
    for number in (1, 2, 3):
        asked = await ask(database, str(number), email=f"c@shop{number}.test")
        await box.come(failed(asked, "5.7.1", number))
    async with database.begin() as connection:
        await connection.execute(delete(Rate))
    assert await box.come(failed(asked, "5.7.1", 4)) is LetterKind.REFUSED_BOUNCE
    async with database.begin() as connection:
        assert not await is_paused(connection, "email")


@pytest.mark.parametrize("status", [DeliveryStatus.LEASED, DeliveryStatus.SENDING])
async def test_a_bounce_that_overtakes_its_sender_is_taken_in_later(
    database: Database, box: Box, status: DeliveryStatus
) -> None:
    asked = await ask(database, status=status)
    with pytest.raises(TooEarly):
        await box.take(failed(asked), 1)
    async with database.begin() as connection:
        await connection.execute(update(Delivery).values(status=DeliveryStatus.SENT))
    assert await box.take(failed(asked), 1) is LetterKind.HARD_BOUNCE
    assert (await only(database, Delivery)).status == DeliveryStatus.UNDELIVERABLE


@pytest.mark.parametrize("kind", [LetterKind.COMPLAINT, LetterKind.OPT_OUT])
async def test_a_complaint_or_a_plain_word_opts_out(database: Database, box: Box, kind: LetterKind) -> None:
    asked = await ask(database)
    letters = {
        LetterKind.COMPLAINT: complaint(returned=f"Message-ID: <molva.{asked.token}.question@s.t>"),
        LetterKind.OPT_OUT: replied(asked, "Отпишите меня"),
    }
    assert await box.come(letters[kind]) is kind
    assert (await only(database, Customer)).opted_out_at == NOW


async def test_a_bare_score_is_an_answer_with_its_words(database: Database, box: Box) -> None:
    asked = await ask(database, status=DeliveryStatus.UNKNOWN)
    assert await box.come(replied(asked, "9/10 спасибо")) is LetterKind.ANSWER
    response = await only(database, Response)
    assert (response.score, response.comment) == (9, "спасибо")
    assert (response.channel, response.source) == ("email", "reply")
    assert (response.invitation_id, response.entered_by) == (asked.invitation_id, None)
    assert (await only(database, Delivery)).status == DeliveryStatus.SENT


async def test_an_answer_counts_for_whom_the_letter_was_sent_to_whoever_writes(database: Database, box: Box) -> None:
    anna, boris = await ask(database, "1"), await ask(database, "2")
    thread = f"<molva.{boris.token}.question@s.t>"
    await box.come(replied(anna, "3", From="c2@example.test", Sender="c2@example.test", In_Reply_To=thread))
    assert (await only(database, Response)).customer_id == anna.customer_id


async def test_words_are_added_to_what_was_said_before(database: Database, box: Box) -> None:
    asked = await ask(database)
    await box.come(replied(asked, "9, быстро", Message_ID="<1@x.test>"))
    await box.come(replied(asked, "7\nи дорого", Message_ID="<2@x.test>"))
    response = await only(database, Response)
    assert (response.score, response.comment) == (7, "быстро\nи дорого")


async def test_a_letter_is_taken_in_once_however_it_is_numbered(database: Database, box: Box) -> None:
    asked = await ask(database)
    first, second = replied(asked, "9", Message_ID="<1@x.test>"), replied(asked, "2", Message_ID="<2@x.test>")
    assert [await box.take(first, 1), await box.take(second, 2)] == [LetterKind.ANSWER] * 2
    assert [await box.take(raw, uid) for raw, uid in ((first, 1), (second, 2), (first, 3))] == [None] * 3
    box.validity = 2  # the server numbers its letters anew
    assert [await box.take(raw, uid) for raw, uid in ((first, 1), (second, 2))] == [None, None]
    assert (await only(database, Response)).score == 2


async def test_nobody_s_letter_passes_for_another_s_beforehand(database: Database, box: Box) -> None:
    anna, boris = await ask(database, "1"), await ask(database, "2")
    await box.come(replied(boris, "0", Message_ID="<same@x.test>"))
    assert await box.come(replied(anna, "9", Message_ID="<same@x.test>")) is LetterKind.ANSWER
    assert len(await rows(database, Response)) == 2


async def test_what_is_forged_or_strange_changes_nothing(database: Database, box: Box) -> None:
    await ask(database)
    nobody = Seeded(0, 0, 0, 0, "AbCdEfGhIjKlMnOpQrStU-")
    words, strange = replied(nobody, "слова", Message_ID="<2@x.test>"), reply("9", to="x@y.test")
    for raw in (failed(nobody), replied(nobody, "9"), words, complaint(), strange):
        assert await box.come(raw) is LetterKind.STRANGER
    assert (await only(database, Delivery)).status == DeliveryStatus.SENT
    assert await rows(database, Response) == []
    async with database.read() as connection:
        assert set(await count_letters(connection)) == {"stranger"}


async def test_what_cannot_be_read_is_counted_and_letters_behind_it_come_through(database: Database, box: Box) -> None:
    asked = await ask(database)
    assert await box.come(Letter(kind=LetterKind.UNREADABLE)) is LetterKind.UNREADABLE
    assert await box.come(Letter(kind=LetterKind.UNREADABLE)) is LetterKind.UNREADABLE
    assert await box.come(replied(asked, "9")) is LetterKind.ANSWER
    async with database.read() as connection:
        assert await count_letters(connection) == {"unreadable": 2, "answer": 1}


async def test_an_automatic_reply_proves_that_the_letter_arrived(database: Database, box: Box) -> None:
    asked = await ask(database, status=DeliveryStatus.UNKNOWN)
    assert await box.come(replied(asked, "9", Auto_Submitted="auto-replied")) is LetterKind.AUTO_REPLY
    assert (await only(database, Delivery)).status == DeliveryStatus.SENT
    assert await rows(database, Response) == []


async def test_letters_are_forgotten_once_nobody_looks_at_them(database: Database, box: Box) -> None:
    asked = await ask(database)
    await box.come(replied(asked, "9"))
    await tidy(database, NOW + KEPT)
    async with database.read() as connection:
        assert await count_letters(connection) == {"answer": 1}
    await tidy(database, NOW + KEPT + timedelta(days=3))
    async with database.read() as connection:
        assert await count_letters(connection) == {}
