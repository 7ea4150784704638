"""Answers: stored once with their sale, changed for seven days, never lost, never another's."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from nps.score import NotAScore
from scheduler import answering, contacting, noting
from scheduler.answering import LinkExpired, NotYours, Recorded, TooLateToChange, UnknownInvitation
from storage.database import Connection, Database
from storage.models import Address, Customer, Delivery, Invitation, Response, ResponseChange, Sale
from storage.statuses import DeliveryStatus, InvitationStatus, ResponseChannel
from tests.flow.world import COMPANY, NOW, POLICY, add_customer, ask_customer


async def tap(connection: Connection, token: str, score: object, chat: str = "1001", after: float = 0) -> Recorded:
    return await answering.record_score(
        connection,
        POLICY,
        COMPANY,
        token=token,
        score=score,
        channel=ResponseChannel.TELEGRAM,
        now=NOW + timedelta(days=after),
        chat=chat,
    )


async def test_a_tap_is_stored_on_its_sale_and_settles_the_invitation(database: Database) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection, status=DeliveryStatus.UNKNOWN)
        recorded = await tap(connection, asked.token, "9")
        response = (await connection.execute(select(Response.__table__))).one()
        invitation = (await connection.execute(select(Invitation.status))).scalar_one()
        delivery = (await connection.execute(select(Delivery.status))).scalar_one()
    assert recorded.is_new
    assert not recorded.is_changed
    assert (response.customer_id, response.sale_id, response.score) == (asked.customer_id, asked.sale_id, 9)
    assert (response.channel, str(response.day)) == ("telegram", "2026-11-18")
    assert invitation == InvitationStatus.ANSWERED
    assert delivery == DeliveryStatus.SENT


async def test_a_double_tap_changes_nothing_and_a_new_score_keeps_the_history(database: Database) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection)
        await tap(connection, asked.token, 3)
        again = await tap(connection, asked.token, 3)
        changed = await tap(connection, asked.token, 8, after=6.9)
        scores = (await connection.execute(select(Response.score))).scalars().all()
        history = (await connection.execute(select(ResponseChange.score).order_by(ResponseChange.id))).scalars().all()
    assert not again.is_new
    assert not again.is_changed
    assert changed.is_changed
    assert scores == [8]
    assert history == [3, 8]


async def test_after_seven_days_another_score_is_refused_and_the_same_is_fine(database: Database) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection)
        await tap(connection, asked.token, 3)
        with pytest.raises(TooLateToChange):
            await tap(connection, asked.token, 8, after=7.1)
        assert not (await tap(connection, asked.token, 3, after=7.1)).is_changed
        assert (await connection.execute(select(Response.score))).scalar_one() == 3


async def test_a_late_tap_is_stored_though_the_invitation_is_closed(database: Database) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection)
        await contacting.opt_out(connection, chat="1001", now=NOW)
        assert (await tap(connection, asked.token, 0, after=200)).is_new


@pytest.mark.parametrize("score", [11, -1, 7.5, "ten", "7.5", "", None, "99999999999999999999", "٧"])
async def test_what_is_no_score_is_not_stored(database: Database, score: object) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection)
        with pytest.raises(NotAScore):
            await tap(connection, asked.token, score)
        assert (await connection.execute(select(Response.id))).all() == []


@pytest.mark.parametrize("token", ["", "forged", "x" * 22, "a\x00b" * 8, "'; drop table response; --", "й" * 22])
async def test_a_forged_token_leads_nowhere(database: Database, token: str) -> None:
    async with database.begin() as connection:
        await ask_customer(connection)
        with pytest.raises(UnknownInvitation):
            await tap(connection, token, 9)


async def test_a_tap_from_another_chat_is_refused(database: Database) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection)
        with pytest.raises(NotYours):
            await tap(connection, asked.token, 9, chat="666")


async def test_an_expired_link_stores_nothing(database: Database) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection, channel="email")
        with pytest.raises(LinkExpired):
            await answering.record_score(
                connection, POLICY, COMPANY, token=asked.token, score=9, channel=ResponseChannel.EMAIL,
                now=NOW + timedelta(days=61),
            )  # fmt: skip


async def test_the_next_text_within_a_day_is_the_comment(database: Database) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection)
        assert await _say(connection, "до оценки") is None
        await tap(connection, asked.token, 4)
        kept = await _say(connection, "Долго <b>ждал</b>\x00", after=0.9)
        await _say(connection, "и холодно", after=0.95)
        assert await _say(connection, "поздно", after=1.1) is None
        comment = (await connection.execute(select(Response.comment))).scalar_one()
    assert kept is not None
    assert kept.score == 4
    assert comment == "Долго <b>ждал</b>\nи холодно"


async def test_a_comment_of_a_hundred_thousand_characters_is_cut_and_said_so(database: Database) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection)
        await tap(connection, asked.token, 4)
        kept = await answering.record_comment(connection, POLICY, token=asked.token, text="ы" * 100_000, now=NOW)
        comment = (await connection.execute(select(Response.comment))).scalar_one()
    assert kept is not None
    assert kept.is_truncated
    assert comment == "ы" * answering.COMMENT_LIMIT


async def test_opting_out_cancels_what_waits_for_anybody_with_that_address(database: Database) -> None:
    async with database.begin() as connection:
        mine = await ask_customer(connection, "1", email="one@example.test", status=DeliveryStatus.SENT)
        await ask_customer(connection, "2", channel="email", email="one@example.test", status=DeliveryStatus.QUEUED)
        await ask_customer(connection, "3", channel="email", status=DeliveryStatus.QUEUED)
        assert await contacting.opt_out(connection, token=mine.token, now=NOW)
        rows = await connection.execute(select(Delivery.status).order_by(Delivery.id))
        closed = await connection.execute(select(Invitation.status).order_by(Invitation.id))
        addresses = await connection.execute(select(Address.value).where(Address.opted_out_at.is_not(None)))
        assert rows.scalars().all() == ["sent", "cancelled", "queued"]
        assert closed.scalars().all() == ["closed", "closed", "open"]
        assert sorted(addresses.scalars()) == ["1001", "one@example.test"]
        await contacting.opt_in(connection, token=mine.token)
        left = await connection.execute(select(Address.value).where(Address.opted_out_at.is_not(None)))
        assert left.all() == []


async def test_a_stranger_s_stop_is_kept_for_whoever_joins_that_chat(database: Database) -> None:
    async with database.begin() as connection:
        assert not await contacting.opt_out(connection, chat="77", now=NOW)
        opted_out = (await connection.execute(select(Address.opted_out_at).where(Address.value == "77"))).scalar_one()
    assert opted_out == NOW


async def test_a_chat_joins_one_customer_and_a_customer_one_chat(database: Database) -> None:
    async with database.begin() as connection:
        one = await ask_customer(connection, "1", channel="email")
        two = await ask_customer(connection, "2", channel="email")
        joined = await contacting.join_chat(connection, token=one.token, chat="500", now=NOW)
        again = await contacting.join_chat(connection, token=one.token, chat="500", now=NOW)
        with pytest.raises(NotYours):
            await contacting.join_chat(connection, token=one.token, chat="501", now=NOW)
        with pytest.raises(NotYours):
            await contacting.join_chat(connection, token=two.token, chat="500", now=NOW)
    assert (joined.token, joined.already, again.already) == (one.token, False, True)


async def test_a_score_written_down_answers_the_question_that_waits(database: Database) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection, status=DeliveryStatus.QUEUED)
        noted = await _note(connection, score=6, comment="по телефону")
        corrected = await _note(connection, score=7, sale="S1")
        response = (await connection.execute(select(Response.__table__))).one()
        delivery = (await connection.execute(select(Delivery.status))).scalar_one()
    assert (noted.is_new, corrected.is_new) == (True, False)
    assert (response.score, response.channel, response.entered_by) == (7, "manual", "Анна")
    assert (response.invitation_id, response.sale_id) == (asked.invitation_id, asked.sale_id)
    assert response.comment == "по телефону"
    assert delivery == DeliveryStatus.CANCELLED


async def test_a_number_as_a_spreadsheet_writes_it_is_the_shop_s_own(database: Database) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection, "17850")
        await connection.execute(update(Sale).values(external_id="536365"))
        await noting.note_score(
            connection, POLICY, COMPANY, customer="17850.0", sale=" 536365.0", score=9, comment=None, by="Olga", at=NOW
        )  # fmt: skip
        response = (await connection.execute(select(Response.__table__))).one()
    assert (response.customer_id, response.sale_id) == (asked.customer_id, asked.sale_id)


async def test_a_score_without_a_sale_counts_once_a_day(database: Database) -> None:
    async with database.begin() as connection:
        await add_customer(connection, "1")
        await _note(connection, score=6)
        await _note(connection, score=8)
        scores = (await connection.execute(select(Response.score))).scalars().all()
        with pytest.raises(noting.UnknownCustomer, match="no customer 9"):
            await _note(connection, customer="9", score=8)
        with pytest.raises(noting.UnknownCustomer, match="no sale S9"):
            await _note(connection, sale="S9", score=8)
    assert scores == [8]


async def test_a_blocked_chat_is_suppressed_until_it_comes_back(database: Database) -> None:
    async with database.begin() as connection:
        await ask_customer(connection)
        await contacting.chat_blocked(connection, chat="1001", now=NOW)
        reason = select(Address.undeliverable_reason).join(Customer, Customer.telegram_address_id == Address.id)
        assert (await connection.execute(reason)).scalar_one() == "blocked"
        await contacting.chat_unblocked(connection, chat="1001")
        assert (await connection.execute(reason)).scalar_one() is None


async def _say(connection: Connection, text: str, after: float = 0) -> answering.CommentKept | None:
    now = NOW + timedelta(days=after)
    return await answering.comment_from_chat(connection, POLICY, chat="1001", text=text, now=now)


async def _note(
    connection: Connection, *, score: int, customer: str = "1", sale: str | None = None, comment: str | None = None
) -> noting.Noted:
    return await noting.note_score(
        connection, POLICY, COMPANY, customer=customer, sale=sale, score=score, comment=comment, by="Анна", at=NOW
    )
