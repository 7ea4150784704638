"""Staff reply to a card and the customer reads it; what the customer writes back comes to the card."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.channels.mailer import open_mailer
from bot.channels.settings import EmailSettings, MailboxSettings
from bot.loopback.bot_api import BotApiServer
from bot.loopback.mail_server import MailServer
from bot.telegram.minding import mind_cases
from scheduler.closing import follow
from scheduler.mailbox import Letter
from scheduler.minding import AT_ONCE
from scheduler.noting import note_score
from scheduler.outbox import MessageKind
from storage.attachments import MOST
from storage.database import Database
from storage.models import Address, Case, CaseEvent, Customer, Delivery, OutboxMessage, Response
from storage.responses import add_response
from storage.statuses import AddressKind, CaseStatus, CaseStep, LetterKind
from tests.flow.floor import ANNA, GROUP, OLGA, OPER, STRANGER, Floor, open_floor
from tests.flow.mailbox import RETURNS, Box, only, replied
from tests.flow.world import COMPANY, NOW, POLICY, add_customer, ask_customer
from tests.unit.mail import reply

HOUR = timedelta(hours=1)


def said_to_anna(floor: Floor) -> list[str]:
    return [message.text or "" for message in floor.said(ANNA)]


async def test_a_reply_to_the_card_reaches_the_customer_in_the_shops_name(floor: Floor) -> None:
    await floor.answer(3, "Долго ждала")
    await floor.write("Простите нас! <b>Вернём</b> доставку.", reply_to=floor.card)
    assert said_to_anna(floor) == ["Лавка\n\nПростите нас! <b>Вернём</b> доставку.\n\nОтветить можно прямо здесь."]
    confirmed = floor.own[-1]
    assert confirmed.text == "Отправляю покупателю в Telegram."
    assert "➡️ Ольга: «Простите нас! <b>Вернём</b> доставку.»" in floor.text
    assert (await floor.case("status"), await floor.case("owner_name")) == (CaseStatus.CONTACTED, "Ольга")


async def test_what_the_customer_writes_back_comes_to_the_card_and_below_it(floor: Floor) -> None:
    await floor.answer(3, "Долго ждала")
    await floor.write("Простите нас!", reply_to=floor.card)
    await floor.settle(HOUR)
    await floor.write_to_bot("Спасибо, жду <деньги>")
    assert said_to_anna(floor)[-1] == "Спасибо! Мы всё передали."
    assert "⬅️ «Спасибо, жду <деньги>»" in floor.text
    assert "«Долго ждала»" in floor.text, "the comment on the score is left alone"
    news = floor.own[-1]
    assert "Покупатель ответил:" in (news.text or "")
    assert news.extra["reply_to_message"]["message_id"] == floor.card.message_id
    await floor.write("Деньги ушли", reply_to=news)
    assert "Деньги ушли" in said_to_anna(floor)[-1], "a reply to the news goes to the customer as well"


async def test_a_voice_message_and_a_photo_with_words_come_to_the_card_too(floor: Floor) -> None:
    await floor.answer(3, "Долго ждала")
    await floor.write("Простите нас!", reply_to=floor.card)
    await floor.settle(30 * HOUR)
    floor.api.send_file(ANNA, "voice")
    floor.api.send_file(ANNA, "photo", caption="Вот <чек>")
    await floor.settle()
    assert said_to_anna(floor)[-2:] == ["Спасибо! Мы всё передали."] * 2
    assert "📎 голосовое сообщение, фото" in floor.text
    assert "⬅️ «📎»" in floor.text
    assert "⬅️ «📎 Вот <чек>»" in floor.text
    assert "«📎 Вот <чек>»" in (floor.own[-1].text or "")


async def test_a_score_given_after_the_shops_answer_takes_the_next_words_as_its_comment(floor: Floor) -> None:
    question = await floor.talk.ask(floor.asked.token)
    await floor.talk.settle()
    floor.api.tap(ANNA, question.message_id, f"s:{floor.asked.token}:2")
    await floor.settle()
    await floor.write_to_bot("Было грязно")
    assert "«Было грязно»" in floor.text
    await floor.settle(HOUR)
    await floor.write("Убрали, простите", reply_to=floor.card)
    await floor.settle(HOUR)
    floor.api.tap(ANNA, question.message_id, f"s:{floor.asked.token}:9")
    await floor.settle()
    await floor.write_to_bot("Теперь чисто")
    assert "Было грязно\nТеперь чисто" in floor.text
    answer = next(message for message in floor.said(ANNA) if "Убрали" in (message.text or ""))
    await floor.write("А вот это вам", user_id=ANNA, reply_to=answer)
    assert "⬅️ «А вот это вам»" in floor.text, "a reply to the answer itself is told apart"


async def test_a_reply_to_an_answer_comes_to_its_own_case_however_old_it_is(floor: Floor) -> None:
    await floor.answer(3, "Долго ждала")
    await floor.write("Первый ответ", reply_to=floor.card)
    first = floor.said(ANNA)[-1]
    await floor.settle(73 * HOUR)
    async with floor.database.begin() as connection:
        told = select(Case.customer_id)
        again = {"customer_id": (await connection.execute(told)).scalar_one(), "channel": "email", "day": NOW.date()}
        values = {"score": 1, "answered_at": floor.now, "comment": "Опять", **again}
        await follow(connection, POLICY, await add_response(connection, values), floor.now)
    await floor.settle()
    other = floor.own[-1]
    await floor.write("Второй ответ", reply_to=other)
    assert "Второй ответ" in said_to_anna(floor)[-1]
    await floor.write("Это про первое", user_id=ANNA, reply_to=first)
    assert said_to_anna(floor)[-1] == "Спасибо! Мы всё передали."
    assert "⬅️ «Это про первое»" in floor.text
    shown = floor.api.message(GROUP, other.message_id)
    assert shown is not None
    assert "Это про первое" not in (shown.text or "")


async def test_a_file_more_than_are_kept_is_not_said_to_be_passed_on(floor: Floor) -> None:
    await floor.answer(3)
    await floor.write("Простите нас!", reply_to=floor.card)
    async with floor.database.begin() as connection:
        await connection.execute(update(Response).values(attachments=[{"kind": "photo", "file_id": "1"}] * MOST))
    floor.api.send_file(ANNA, "photo")
    await floor.settle()
    assert "Больше файлов" in said_to_anna(floor)[-1]
    assert "⬅️" not in floor.text


async def test_after_the_set_hours_words_are_no_reply_any_more(floor: Floor) -> None:
    await floor.answer(3)
    await floor.write("Простите нас!", reply_to=floor.card)
    await floor.settle(timedelta(hours=73))
    await floor.write_to_bot("Что это было?")
    assert "Что это было?" not in floor.text


async def test_only_those_who_see_to_cases_write_to_customers(floor: Floor) -> None:
    await floor.answer(3)
    for user in (OPER, STRANGER):
        await floor.write("Купите ещё", user_id=user, reply_to=floor.card)
    assert said_to_anna(floor) == []


async def test_a_command_written_to_a_card_does_not_reach_the_customer(floor: Floor) -> None:
    await floor.answer(3)
    await floor.write("/refund 100", reply_to=floor.card)
    assert said_to_anna(floor) == []
    assert floor.own[-1].text == "Это похоже на команду: покупателю ничего не передано."


async def test_who_wants_to_hear_nothing_more_is_not_written_to_and_their_phone_is_shown(floor: Floor) -> None:
    await floor.answer(3)
    async with floor.database.begin() as connection:
        await connection.execute(update(Customer).values(opted_out_at=NOW))
    await floor.write("Простите нас!", reply_to=floor.card)
    assert said_to_anna(floor) == []
    assert floor.own[-1].text == "Не отправлено: покупатель просил больше ему не писать.\nТелефон: +79990001122"
    assert await floor.case("status") == CaseStatus.OPEN


async def test_who_wanted_no_more_questions_and_then_gave_a_score_or_wrote_is_answered_until_stop(floor: Floor) -> None:
    async with floor.database.begin() as connection:
        await connection.execute(update(Customer).values(opted_out_at=NOW))
    floor.now += HOUR
    await floor.answer(6)
    await floor.write("Простите нас!", reply_to=floor.card)
    assert "Простите нас!" in said_to_anna(floor)[-1], "they began this conversation"
    await floor.settle(HOUR)
    await floor.write_to_bot("/stop")
    await floor.write("И ещё", reply_to=floor.card)
    assert "Не отправлено: покупатель просил больше ему не писать." in (floor.own[-1].text or "")
    await floor.settle(HOUR)
    await floor.write_to_bot("А деньги вернёте?")
    await floor.write("Вернём", reply_to=floor.card)
    assert "Вернём" in said_to_anna(floor)[-1]


async def test_without_a_chat_or_address_that_works_it_is_said_and_the_phone_shown(floor: Floor) -> None:
    await floor.answer(3)
    async with floor.database.begin() as connection:
        await connection.execute(
            update(Address).where(Address.kind == AddressKind.TELEGRAM).values(undeliverable_at=NOW)
        )  # fmt: skip
    await floor.write("Простите нас!", reply_to=floor.card)  # e-mail is off here
    assert "нет ни чата, ни рабочей почты" in (floor.own[-1].text or "")
    assert "+79990001122" in (floor.own[-1].text or "")


async def test_an_answer_that_does_not_arrive_is_told_once(floor: Floor, api: BotApiServer) -> None:
    await floor.answer(3)
    api.block(ANNA)
    api.updates.waiting.clear()
    await floor.write("Простите нас!", reply_to=floor.card)
    assert await mind_cases(floor.database, floor.settings, floor.now) == 1
    assert await mind_cases(floor.database, floor.settings, floor.now) == 0
    await floor.settle()
    assert "не дошёл" in (floor.own[-1].text or "")
    assert "заблокировал бота" in (floor.own[-1].text or "")
    assert "+79990001122" in (floor.own[-1].text or "")


async def test_of_many_answers_that_were_lost_at_once_every_one_is_told(floor: Floor) -> None:
    await floor.answer(3)
    for number in range(AT_ONCE + 2):
        await floor.write(f"Ответ {number}", reply_to=floor.card)
    async with floor.database.begin() as connection:
        lost = update(OutboxMessage).where(OutboxMessage.kind == MessageKind.ANSWER)
        await connection.execute(lost.values(status="dead", error="blocked"))
    assert [await mind_cases(floor.database, floor.settings, floor.now) for _ in range(3)] == [AT_ONCE, 2, 0]


async def test_a_long_answer_arrives_whole_in_several_messages_and_is_kept_whole(floor: Floor) -> None:
    await floor.answer(3)
    said = "Ж" * 4_095 + "!"
    await floor.write(said, reply_to=floor.card)
    told = said_to_anna(floor)
    assert "".join(told).replace("\n", "") == f"Лавка{said}Ответить можно прямо здесь."
    assert len(told) == 2
    async with floor.database.read() as connection:
        kept = select(CaseEvent.text).where(CaseEvent.kind == CaseStep.ANSWERED)
        assert (await connection.execute(kept)).scalar_one() == said


async def test_a_sticker_is_not_passed_on_and_that_is_said(floor: Floor) -> None:
    await floor.answer(3)
    sticker = {"file_id": "1", "file_unique_id": "1", "width": 1, "height": 1, "type": "regular"}
    reply = floor.api.write(GROUP, "", user_id=OLGA, reply_to=floor.card.message_id).as_json()
    floor.api.updates.waiting.clear()
    reply |= {"sticker": {**sticker, "is_animated": False, "is_video": False}, "text": None}
    floor.api.updates.add("message", reply)
    await floor.settle()
    assert floor.own[-1].text == "Не отправлено: покупателю можно передать только текст."


async def test_the_same_update_again_writes_to_the_customer_once(floor: Floor) -> None:
    await floor.answer(3)
    reply = floor.api.write(GROUP, "Простите нас!", user_id=OLGA, reply_to=floor.card.message_id)
    floor.api.updates.add("message", reply.as_json())  # Telegram never numbers a message twice
    await floor.settle()
    assert len(said_to_anna(floor)) == 1


@asynccontextmanager
async def open_mail_floor(database: Database, api: BotApiServer) -> AsyncIterator[tuple[Floor, MailServer]]:
    """The floor with e-mail, and a mailbox that replies come into."""
    async with MailServer() as mail:
        email = EmailSettings(host="127.0.0.1", port=mail.port, security="none", sender="Лавка <ask@shop.test>")
        box = MailboxSettings(host="127.0.0.1", username="answers", address="answers@shop.test")
        async with open_floor(database, api, email=email, mailbox=box) as floor, open_mailer(email) as floor.mailer:
            yield floor, mail


async def test_who_is_known_by_e_mail_alone_is_answered_in_the_letters_thread_and_answers_there(
    database: Database, api: BotApiServer
) -> None:
    async with open_mail_floor(database, api) as (floor, mail):
        async with database.begin() as connection:
            other = await ask_customer(connection, "2", channel="email", language="en")
            await connection.execute(
                update(Delivery).where(Delivery.id == other.delivery_id).values(reference="<q@shop.test>")
            )
        await floor.answer(3, asked=other)
        await floor.write("We are sorry.", reply_to=floor.card)
        assert floor.own[-1].text == "Отправляю покупателю письмом."
        (letter,) = mail.letters_to("c2@example.test")
        parsed = letter.message
        assert (parsed["In-Reply-To"], parsed["Subject"]) == ("<q@shop.test>", "Лавка: our answer to you")
        assert parsed["Auto-Submitted"] is None
        assert parsed.get_content().startswith("We are sorry.")
        mailbox = Box(database)
        mailbox.now = floor.now + HOUR
        await mailbox.come(Letter(kind=LetterKind.COMMENT, token=other.token, name="<r@x>", text="Thanks, fine"))
        await floor.settle(HOUR)
        assert "⬅️ «Thanks, fine»" in floor.text
        assert "Покупатель ответил:" in (floor.own[-1].text or "")
        assert parsed["Reply-To"] == RETURNS.of_replies(other.token)


async def test_a_reply_comes_back_to_the_card_even_of_a_customer_who_was_never_asked(
    database: Database, api: BotApiServer
) -> None:
    async with open_mail_floor(database, api) as (floor, mail):
        async with database.begin() as connection:
            await add_customer(connection, "2", email="c2@example.test")
            await note_score(
                connection, POLICY, COMPANY, customer="2", sale=None, score=2, comment=None, by="Оля", at=floor.now
            )
        await floor.settle()
        await floor.write("Простите нас.", reply_to=floor.card)
        (letter,) = mail.letters_to("c2@example.test")
        mailbox, to = Box(database), letter.message["Reply-To"]
        in_thread = reply(
            "Простите и вы", to="ask@shop.test", References=letter.message["References"], Message_ID="<3@x>"
        )
        mailbox.now = floor.now + HOUR
        assert await mailbox.come(reply("Спасибо, всё хорошо", to=to)) is LetterKind.COMMENT
        await floor.settle(HOUR)
        assert "⬅️ «Спасибо, всё хорошо»" in floor.text
        assert await mailbox.come(in_thread) is LetterKind.COMMENT  # where the mailbox takes no plus-addresses
        forged = RETURNS.of_replies("A" * 22)
        assert await mailbox.come(reply("Это не я", to=forged, Message_ID="<2@x>")) is LetterKind.STRANGER


@pytest.mark.parametrize("said", ["10", "5, спасибо"])
async def test_a_number_written_back_to_the_shops_answer_is_a_reply_and_no_score(
    database: Database, api: BotApiServer, said: str
) -> None:
    async with open_mail_floor(database, api) as (floor, mail):
        async with database.begin() as connection:
            other = await ask_customer(connection, "2", channel="email")
        mailbox = Box(database)
        mailbox.now = floor.now
        assert await mailbox.come(replied(other, "2", Message_ID="<1@x>")) is LetterKind.ANSWER
        await floor.settle(HOUR)
        await floor.write("Когда вам позвонить, в 10 или в 12?", reply_to=floor.card)
        (letter,) = mail.letters_to("c2@example.test")
        mailbox.now = floor.now + HOUR
        back = reply(said, to=letter.message["Reply-To"], Message_ID="<2@x>")
        assert await mailbox.come(back) is LetterKind.COMMENT
        await floor.settle(HOUR)
        assert f"⬅️ «{said}»" in floor.text
        assert f"«{said}»" in (floor.own[-1].text or ""), "the managers are told"
        assert (await only(database, Response)).score == 2


async def test_a_number_is_a_score_again_after_another_score_or_the_set_hours(
    database: Database, api: BotApiServer
) -> None:
    async with open_mail_floor(database, api) as (floor, _mail):
        async with database.begin() as connection:
            other = await ask_customer(connection, "2", channel="email")
        await floor.answer(2, asked=other)
        await floor.write("Простите нас.", reply_to=floor.card)
        await floor.settle(HOUR)
        await floor.answer(3, asked=other)  # on the page, after the shop's answer
        mailbox = Box(database)
        mailbox.now = floor.now + HOUR
        assert await mailbox.come(replied(other, "9", Message_ID="<1@x>")) is LetterKind.ANSWER
        await floor.settle(2 * HOUR)
        await floor.write("Спасибо!", reply_to=floor.card)
        mailbox.now = floor.now + 73 * HOUR
        assert await mailbox.come(replied(other, "10", Message_ID="<2@x>")) is LetterKind.ANSWER
        assert (await only(database, Response)).score == 10


async def test_a_number_goes_by_the_letter_that_it_replies_to_however_old_that_is(
    database: Database, api: BotApiServer
) -> None:
    async with open_mail_floor(database, api) as (floor, mail):
        async with database.begin() as connection:
            other = await ask_customer(connection, "2", channel="email")
            question = f"<molva.{other.token}.question@shop.test>"
            await connection.execute(
                update(Delivery).where(Delivery.id == other.delivery_id).values(reference=question)
            )
        await floor.answer(2, asked=other)
        await floor.write("Когда вам позвонить?", reply_to=floor.card)
        (letter,) = mail.letters_to("c2@example.test")
        mailbox, to = Box(database), letter.message["Reply-To"]
        mailbox.now = floor.now + 100 * HOUR
        late = reply("10", to=to, Message_ID="<1@x>", In_Reply_To=letter.message["Message-ID"])
        assert await mailbox.come(late) is LetterKind.COMMENT
        await floor.settle(100 * HOUR)
        assert "⬅️ «10»" in floor.text
        await floor.write("Позвоним!", reply_to=floor.card)
        again = reply("4", to=to, Message_ID="<2@x>", In_Reply_To=question)
        mailbox.now = floor.now + HOUR
        assert await mailbox.come(again) is LetterKind.ANSWER
        assert (await only(database, Response)).score == 4
