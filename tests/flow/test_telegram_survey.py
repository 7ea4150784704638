"""A conversation with a customer in Telegram, over HTTP, on both engines: question, tap, comment, change, stop."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from scheduler.outbox import MessageKind, queue_message
from storage.chats import customer_of_chat
from storage.database import Database
from storage.models import Address, Customer, Delivery, InboxUpdate, Invitation, OutboxMessage, Response
from storage.outbox import count_messages
from storage.statuses import InboxStatus, OutboxStatus
from tests.flow.conversation import Conversation
from tests.flow.world import NOW, add_customer, ask_customer


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    """A conversation with a person whose chat is 1001."""
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_user(1001, "Anna")
        yield Conversation(database, api, bot)


async def seed(talk: Conversation, number: str = "1", **customer: Any) -> str:
    """A customer who was asked; returns the invitation's token."""
    async with talk.database.begin() as connection:
        return (await ask_customer(connection, number, **customer)).token


async def responses(talk: Conversation) -> list[tuple[int, str | None]]:
    async with talk.database.read() as connection:
        found = await connection.execute(select(Response.score, Response.comment).order_by(Response.id))
        return [(row.score, row.comment) for row in found]


async def test_the_question_has_the_eleven_scores_in_two_rows(talk: Conversation) -> None:
    asked = await talk.ask(await seed(talk))
    assert asked.text == (
        "Лавка\n\nЗдравствуйте! Спасибо, что выбрали нас.\nГотовы ли вы рекомендовать нас знакомым?\n\n"
        "0 — ни за что, 10 — обязательно"
    )
    rows = talk.api.current_keyboard(1001, asked.message_id)
    scores, ways_out = rows[:2], rows[2]
    assert [[button["text"] for button in row] for row in scores] == [list("012345"), ["6", "7", "8", "9", "10"]]
    assert [button["text"] for button in ways_out] == ["Не сейчас", "Больше не спрашивать"]


@pytest.mark.parametrize(
    ("score", "why"),
    [
        (10, "Что вам понравилось больше всего?"),
        (8, "Чего не хватило до 9 или 10?"),
        (6, "Что было не так?"),
        (0, "Что было не так?"),
    ],
)
async def test_a_tap_is_stored_shown_and_followed_by_a_question_of_its_category(
    talk: Conversation, score: int, why: str
) -> None:
    token = await seed(talk)
    asked = await talk.ask(token)
    talk.api.tap(1001, asked.message_id, f"s:{token}:{score}")
    await talk.settle()
    assert await responses(talk) == [(score, None)]
    question, follow_up = talk.texts()
    assert question.endswith(f"✓ Ваша оценка: {score}. Её можно изменить: нажмите на другое число.")
    assert why in follow_up
    buttons = [button["text"] for row in talk.api.current_keyboard(1001, asked.message_id) for button in row]
    assert len(buttons) == 11
    assert [text for text in buttons if "✓" in text] == [f"✓ {score}"]
    assert [answer.text for answer in talk.api.answered] == [f"Спасибо! Ваша оценка: {score}"]


async def test_an_english_customer_is_spoken_to_in_english(talk: Conversation) -> None:
    token = await seed(talk, language="en")
    asked = await talk.ask(token, language="en")
    assert "Would you recommend us to your friends?" in (asked.text or "")
    talk.api.tap(1001, asked.message_id, f"s:{token}:9")
    await talk.settle()
    assert "What did you like most?" in talk.texts()[1]


async def test_a_double_tap_is_stored_and_followed_up_once(talk: Conversation) -> None:
    token = await seed(talk)
    asked = await talk.ask(token)
    for _ in range(2):
        talk.api.tap(1001, asked.message_id, f"s:{token}:9")
    assert await talk.settle() == 2
    assert await responses(talk) == [(9, None)]
    assert len(talk.texts()) == 2
    assert len(talk.api.answered) == 2
    async with talk.database.read() as connection:
        kinds = (await connection.execute(select(OutboxMessage.kind).order_by(OutboxMessage.id))).scalars().all()
    assert kinds == ["choice", "follow_up"]


async def test_fifty_taps_a_second_leave_the_last_score_and_one_follow_up_a_category(
    talk: Conversation,
) -> None:
    token = await seed(talk)
    asked = await talk.ask(token)
    for number in range(50):
        talk.api.tap(1001, asked.message_id, f"s:{token}:{(9, 10, 8)[number % 3]}")
    assert await talk.settle() == 50
    assert await responses(talk) == [(10, None)]
    assert len(talk.texts()) == 3
    assert talk.texts()[0].endswith("✓ Ваша оценка: 10. Её можно изменить: нажмите на другое число.")
    assert len(talk.api.answered) == 50
    assert talk.api.calls["editMessageText"] == 1, "what nobody has seen yet is not shown step by step"


async def step(talk: Conversation) -> None:
    """As `settle`, without waiting for a chat's pace."""
    await talk.fetch()
    await talk.inbox.process_pending(NOW)
    await talk.tell()


async def waiting(talk: Conversation) -> int:
    async with talk.database.read() as connection:
        return (await count_messages(connection)).get(OutboxStatus.QUEUED, 0)


async def test_fifty_taps_in_a_row_are_paced_and_hold_up_no_other_chat(talk: Conversation) -> None:
    token = await seed(talk)
    asked = await talk.ask(token)
    talk.api.tap(1001, asked.message_id, f"s:{token}:9")
    await talk.settle()
    for number in range(50):  # each looked at by itself, as of somebody who taps at a human speed
        talk.api.tap(1001, asked.message_id, f"s:{token}:{(10, 9)[number % 2]}")
        await step(talk)
    talk.api.add_user(2002, "Boris")
    talk.api.write(2002, "/start")
    await step(talk)
    assert len(talk.texts(2002)) == 1, "another chat hears at once"
    assert await waiting(talk) == 1, "of all the edits the last one waits"
    assert talk.api.calls["editMessageText"] < 25
    await talk.settle(NOW + timedelta(seconds=10))
    assert talk.texts()[0].endswith("✓ Ваша оценка: 9. Её можно изменить: нажмите на другое число.")
    assert await waiting(talk) == 0


async def test_an_edit_of_the_buttons_alone_leaves_earlier_words_to_be_shown_and_others_keep_their_order(
    talk: Conversation,
) -> None:
    for number, (kind, message_id, text) in enumerate(
        [("edit", 7, "A"), ("text", 0, "B"), ("edit", 8, "C"), ("edit", 7, None), ("edit", 7, None), ("text", 0, "D")]
    ):
        async with talk.database.begin() as connection:
            await queue_message(
                connection, key=f"k:{number}", kind=MessageKind(kind), channel="telegram", target="1001", now=NOW,
                payload={"message_id": message_id, "text": text, "keyboard": None},
            )  # fmt: skip
    async with talk.database.read() as connection:
        keys = (await connection.execute(select(OutboxMessage.key).order_by(OutboxMessage.id))).scalars().all()
    assert keys == ["k:0", "k:1", "k:2", "k:4", "k:5"]


async def test_a_changed_score_is_shown_and_each_category_is_followed_up_once(talk: Conversation) -> None:
    token = await seed(talk)
    asked = await talk.ask(token)
    for score in (9, 2, 10, 3):
        talk.api.tap(1001, asked.message_id, f"s:{token}:{score}")
        await talk.settle()
    assert await responses(talk) == [(3, None)]
    question, *follow_ups = talk.texts()
    assert question.count("Ваша оценка") == 1
    assert "Ваша оценка: 3." in question
    assert ["понравилось" in text for text in follow_ups] == [True, False]


async def test_a_score_changed_after_seven_days_stands_and_the_customer_is_told(talk: Conversation) -> None:
    token = await seed(talk)
    asked = await talk.ask(token)
    talk.api.tap(1001, asked.message_id, f"s:{token}:9")
    await talk.settle()
    talk.api.tap(1001, asked.message_id, f"s:{token}:1")
    await talk.settle(NOW + timedelta(days=8))
    assert await responses(talk) == [(9, None)]
    assert "изменить оценку уже нельзя" in (talk.api.answered[-1].text or "")
    assert talk.api.answered[-1].show_alert


@pytest.mark.parametrize(
    "data", ["s:{token}:11", "s:{token}:-1", "s:{token}:7.5", "s:{token}:ten", "s:{token}:", "s:{token}", "x", "::",
             "s:AAAAAAAAAAAAAAAAAAAAAA:9", "s:' OR 1=1 --:9", "case:{token}:9"],
)  # fmt: skip
async def test_a_forged_button_is_answered_politely_and_stores_nothing(talk: Conversation, data: str) -> None:
    token = await seed(talk)
    asked = await talk.ask(token)
    talk.api.tap(1001, asked.message_id, data.format(token=token))
    assert await talk.settle() == 1
    assert await responses(talk) == []
    assert len(talk.texts()) == 1
    assert [answer.text for answer in talk.api.answered] == ["Эта кнопка больше не работает."]


async def test_a_tap_from_another_chat_does_not_count(talk: Conversation) -> None:
    token = await seed(talk)
    asked = await talk.ask(token)
    talk.api.add_user(2002, "Mallory")
    talk.api.add_group(-3003, "Neighbours")
    talk.api.tap(2002, asked.message_id, f"s:{token}:0")
    talk.api.tap(-3003, asked.message_id, f"s:{token}:0", user_id=1001)
    assert await talk.settle() == 2
    assert await responses(talk) == []


async def test_the_next_text_within_a_day_is_the_comment_and_is_thanked(talk: Conversation) -> None:
    token = await seed(talk)
    asked = await talk.ask(token)
    talk.api.tap(1001, asked.message_id, f"s:{token}:4")
    await talk.settle()
    talk.api.write(1001, "<b>Долго ждали</b> & ' \x00 \N{PILE OF POO}")
    await talk.settle(NOW + timedelta(hours=23))
    assert await responses(talk) == [(4, "<b>Долго ждали</b> & '  \N{PILE OF POO}")]
    assert talk.texts()[-1] == "Спасибо! Мы обязательно это прочитаем."


async def test_a_text_that_nothing_waits_for_gets_a_line_of_help(talk: Conversation) -> None:
    token = await seed(talk)
    asked = await talk.ask(token)
    talk.api.write(1001, "Где мой заказ?")
    await talk.settle()
    assert "/stop" in talk.texts()[-1]
    talk.api.tap(1001, asked.message_id, f"s:{token}:4")
    await talk.settle()
    talk.api.write(1001, "Поздно")
    await talk.settle(NOW + timedelta(hours=25))
    assert await responses(talk) == [(4, None)]
    assert "/stop" in talk.texts()[-1]


async def test_start_with_a_token_joins_the_chat_and_asks_the_open_question(talk: Conversation) -> None:
    token = await seed(talk, channel="email")
    talk.api.write(1001, f"/start {token}")
    await talk.settle()
    asked = [message for message in talk.api.messages(1001) if message.is_own][-1]
    assert "Готовы ли вы рекомендовать нас знакомым?" in (asked.text or "")
    talk.api.tap(1001, asked.message_id, f"s:{token}:10")
    await talk.settle()
    assert await responses(talk) == [(10, None)]


async def test_a_link_that_is_forged_or_somebody_elses_is_refused_politely(talk: Conversation) -> None:
    token, other = await seed(talk), await seed(talk, "2", channel="email")
    talk.api.add_user(2002, "Mallory")
    talk.api.write(2002, f"/start {token}")
    talk.api.write(2002, "/start AAAAAAAAAAAAAAAAAAAAAA")
    talk.api.write(1001, f"/start {other}")
    await talk.settle()
    assert ["принадлежит другому чату" in text for text in talk.texts(2002)] == [True, False]
    assert talk.texts(2002)[1].startswith("Ссылка не сработала")
    assert "принадлежит другому чату" in talk.texts()[-1]
    async with talk.database.read() as connection:
        owners = (await connection.execute(select(Customer.telegram_address_id).order_by(Customer.id))).scalars().all()
    assert [owner is not None for owner in owners] == [True, False]


async def test_a_link_whose_time_is_over_lets_no_new_chat_in(talk: Conversation) -> None:
    token = await seed(talk, channel="email")
    async with talk.database.begin() as connection:
        await connection.execute(update(Invitation).values(link_until=NOW - timedelta(days=1)))
    talk.api.write(1001, f"/start {token}")
    await talk.settle()
    assert talk.texts()[-1].startswith("Ссылка не сработала")
    async with talk.database.read() as connection:
        assert await customer_of_chat(connection, "1001") is None
        assert (await connection.execute(select(Delivery.status))).scalar_one() == "sent"


async def test_start_without_a_token_greets_a_stranger_and_a_customer(talk: Conversation) -> None:
    talk.api.write(1001, "/start@molva_loopback_bot")
    await talk.settle()
    assert "откройте этот чат по ссылке" in talk.texts()[-1]
    async with talk.database.begin() as connection:
        await add_customer(connection, telegram="1001")
    talk.api.write(1001, "/START")
    await talk.settle()
    assert "После покупки мы зададим вам здесь один вопрос" in talk.texts()[-1]


async def test_stop_opts_out_and_start_opts_in_again(talk: Conversation) -> None:
    await seed(talk)
    talk.api.write(1001, "/stop")
    await talk.settle()
    assert talk.texts()[-1] == "Хорошо, вопросов больше не будет. Если передумаете, отправьте /start."
    assert await opted_out(talk)
    talk.api.write(1001, "/start")
    await talk.settle()
    assert not await opted_out(talk)


async def opted_out(talk: Conversation) -> bool:
    async with talk.database.read() as connection:
        return (await connection.execute(select(Customer.opted_out_at))).scalar_one() is not None


async def test_blocking_the_bot_is_noted_at_once_and_unblocking_too(talk: Conversation) -> None:
    await seed(talk)
    talk.api.block(1001)
    await talk.settle()
    assert await reachable(talk) == (False, "blocked")
    talk.api.unblock(1001)
    await talk.settle()
    assert await reachable(talk) == (True, None)


async def reachable(talk: Conversation) -> tuple[bool, str | None]:
    async with talk.database.read() as connection:
        row = (await connection.execute(select(Address.undeliverable_at, Address.undeliverable_reason))).one()
        return row.undeliverable_at is None, row.undeliverable_reason


async def test_groups_are_not_listened_to(talk: Conversation) -> None:
    talk.api.add_group(-3003, "Neighbours")
    talk.api.write(-3003, "/start", user_id=1001)
    talk.api.write(-3003, "/stop", user_id=1001)
    talk.api.block(-3003)
    assert await talk.settle() == 3
    assert talk.texts(-3003) == []


async def test_a_deleted_question_and_an_expired_query_lose_nothing(talk: Conversation) -> None:
    token = await seed(talk)
    asked = await talk.ask(token)
    talk.api.remove(1001, asked.message_id)
    talk.api.tap(1001, asked.message_id, f"s:{token}:9")
    talk.api.expire_queries()
    await talk.settle()
    assert await responses(talk) == [(9, None)]
    assert len(talk.texts()) == 1  # the follow-up
    async with talk.database.read() as connection:
        assert set((await connection.execute(select(OutboxMessage.status))).scalars()) == {"sent"}


async def test_a_poison_update_becomes_a_dead_letter_and_its_chat_goes_on(talk: Conversation) -> None:
    token = await seed(talk)
    asked = await talk.ask(token)
    chat = talk.api.chats[1001]
    talk.api.push({"message": {"message_id": "x", "chat": chat.as_json(), "from": 7}})
    talk.api.push({"callback_query": []})
    talk.api.tap(1001, asked.message_id, f"s:{token}:9")
    moment, done = NOW, []
    for wait in (0, 1, 2, 4, 8, 16):
        moment += timedelta(seconds=wait)
        done.append(await talk.settle(moment))
    assert done == [0, 0, 0, 0, 0, 1]
    assert await responses(talk) == [(9, None)]
    async with talk.database.read() as connection:
        found = await connection.execute(
            select(InboxUpdate.status, InboxUpdate.attempts, InboxUpdate.error).order_by(InboxUpdate.position)
        )
        rows = found.all()
    assert [row.status for row in rows] == [InboxStatus.DEAD, InboxStatus.DEAD, InboxStatus.DONE]
    assert [row.attempts for row in rows] == [5, 5, 0]
    assert all(row.error for row in rows[:2])


async def test_updates_repeated_by_telegram_take_effect_once(talk: Conversation) -> None:
    await seed(talk)
    talk.api.write(1001, "Здравствуйте")
    await talk.fetch()
    body = {"update_id": await last_update_id(talk)}
    talk.api.push(body)
    assert await talk.settle() == 1
    assert len(talk.texts()) == 1


async def last_update_id(talk: Conversation) -> int:
    async with talk.database.read() as connection:
        return (await connection.execute(select(InboxUpdate.update_id))).scalar_one()


async def test_a_command_is_never_a_comment_and_one_that_there_is_not_is_answered_with_those_there_are(
    talk: Conversation,
) -> None:
    token = await seed(talk)
    asked = await talk.ask(token)
    talk.api.tap(1001, asked.message_id, f"s:{token}:9")
    for text in ("/help", "/NPS", "/campaign now", "/unknowncmd@molva_loopback_bot", "/помощь", "/help\nещё"):
        talk.api.write(1001, text)
        await talk.settle()
        said = talk.texts()[-1]
        assert said.startswith("Такой команды нет. Вот что есть:\n/start — ") or "/help" in text, text
        assert "/stop — Больше не спрашивать" in said
        assert "/forget — " in said
    assert await responses(talk) == [(9, None)]
    talk.api.write(1001, "5/10 за доставку")
    await talk.settle()
    assert await responses(talk) == [(9, "5/10 за доставку")]
