"""/score: a customer found by number, phone or name, a score tapped, a reason replied; by those who may."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.loopback.bot_api import BotApiServer
from bot.loopback.messages import Message
from storage.database import Database
from storage.models import Case, Response, ResponseChange
from storage.statuses import ResponseChannel
from tests.flow.floor import GROUP, OLGA, OPER, STRANGER, Floor, add_people, open_floor
from tests.flow.world import add_customer


@pytest.fixture
async def floor(database: Database) -> AsyncIterator[Floor]:
    async with BotApiServer() as api:
        add_people(api)
        async with open_floor(database, api) as opened:
            async with database.begin() as connection:
                await add_customer(connection, "17850", name="Борис Годунов", phone="+79991112233")
                await add_customer(connection, "17851", name="Борислава 100%_", phone="+79991112244")
                await add_customer(connection, "9", name="Зоя")
            yield opened


async def ask(floor: Floor, text: str, user: int = OPER, chat: int = GROUP) -> Message:
    """Writes; the bot's answer."""
    floor.api.write(chat, text, user_id=user)
    await floor.settle()
    return floor.said(chat)[-1]


def buttons(floor: Floor, message: Message) -> list[str]:
    rows = floor.api.current_keyboard(message.chat["id"], message.message_id)
    return [button["callback_data"] for row in rows for button in row]


async def answers(floor: Floor) -> list[tuple[int, int, str | None, str | None, str]]:
    async with floor.database.read() as connection:
        columns = (Response.customer_id, Response.score, Response.comment, Response.entered_by, Response.channel)
        return [tuple(row) for row in await connection.execute(select(*columns).order_by(Response.id))]  # type: ignore[misc]


@pytest.mark.parametrize("who", ["17850", "17850.0", "+7 999 111-22-33", "89991112233", "годунов", "Борис Г"])
async def test_a_customer_is_found_and_a_tap_writes_the_score_down(floor: Floor, who: str) -> None:
    asked = await ask(floor, f"/score {who}")
    assert asked.text == "Борис Годунов · 17850 · …2233: какая оценка?"
    taps = buttons(floor, asked)
    assert len(taps) == 11
    await floor.tap_data(taps[8], OPER, asked)
    assert len(buttons(floor, asked)) == 1, "to correct it"
    shown = floor.api.message(GROUP, asked.message_id)
    assert shown is not None
    assert (shown.text or "").startswith("Борис Годунов · 17850 · …2233: 8. Записано: Оля.")
    await floor.write("Сказал по телефону", user_id=OPER, reply_to=asked)
    await floor.write("и ещё", user_id=OPER, reply_to=asked)
    [(_, score, comment, by, channel)] = await answers(floor)
    assert (score, comment, by, channel) == (8, "Сказал по телефону\nи ещё", "Оля", ResponseChannel.MANUAL)


async def test_several_who_fit_are_offered_and_then_the_score_in_the_same_message(floor: Floor) -> None:
    asked = await ask(floor, "/score борис", chat=OPER)
    rows = floor.api.current_keyboard(OPER, asked.message_id)
    assert [row[0]["text"] for row in rows] == ["Борис Годунов · 17850 · …2233", "Борислава 100%_ · 17851 · …2244"]
    await floor.tap_data(rows[1][0]["callback_data"], OPER, asked)
    assert len(buttons(floor, asked)) == 11
    await floor.tap_data(buttons(floor, asked)[2], OPER, asked)
    assert len(floor.said(OPER)) == 1, "edited, not repeated"
    assert [row[1] for row in await answers(floor)] == [2]
    async with floor.database.read() as connection:
        assert len((await connection.execute(select(Case.id))).all()) == 1, "an unhappy one is a case at once"


async def test_one_line_takes_a_name_as_well_and_offers_namesakes(floor: Floor) -> None:
    assert (await ask(floor, "/score Зоя 10")).text == "Записано: покупатель 9, оценка 10."
    asked = await ask(floor, "/score борис 7")
    assert asked.text == "Кто именно?"
    await floor.tap_data(buttons(floor, asked)[0], OPER, asked)
    assert [row[1] for row in await answers(floor)] == [10, 7]
    assert (await ask(floor, "/score 17850.0 8")).text == "Записано: покупатель 17850, оценка 8."
    assert (await ask(floor, "/score 17851 9 любит нас")).text == "Записано: покупатель 17851, оценка 9."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/score", "Напишите, чья это оценка"),
        ("/score 404", "Покупатель «404» не найден."),
        ("/score 404 9", "Покупатель «404» не найден."),
        ("/score 17850 11", "11"),
        ("/score %", "Покупатель «%» не найден."),
        ("/score __", "Покупатель «__» не найден."),
        ("/score я", "Покупатель «я» не найден."),
        ("/score " + "9" * 400, "Покупатель «999"),
    ],
)
async def test_whoever_is_not_found_is_named(floor: Floor, text: str, said: str) -> None:
    assert said in ((await ask(floor, text)).text or "")
    assert await answers(floor) == []


async def test_who_is_named_by_a_part_of_the_name_is_shown_before_anything_is_written(floor: Floor) -> None:
    asked = await ask(floor, "/score годун 9")
    assert asked.text == "Кто именно?"
    assert await answers(floor) == []
    [button] = buttons(floor, asked)
    await floor.tap_data(button, OPER, asked)
    assert [row[1] for row in await answers(floor)] == [9]
    assert (await ask(floor, "/score +79991112244 10")).text == "Записано: покупатель 17851, оценка 10."


async def test_too_many_who_fit_are_not_listed(floor: Floor) -> None:
    async with floor.database.begin() as connection:
        for number in range(100, 109):
            await add_customer(connection, str(number), name=f"Иван {number}")
    assert (await ask(floor, "/score иван")).text == "Подходит больше 8 покупателей: уточните имя, номер или телефон."


async def test_a_strangers_tap_reply_and_command_write_nothing(floor: Floor) -> None:
    asked = await ask(floor, "/score 17850")
    assert await floor.tap_data(buttons(floor, asked)[0], STRANGER, asked) == "Это могут только сотрудники магазина."
    await floor.tap_data(buttons(floor, asked)[9], OLGA, asked)
    before = len(floor.own)
    await floor.write("враньё", user_id=STRANGER, reply_to=asked)
    await floor.write("/score 17850 0", user_id=STRANGER)
    assert len(floor.own) == before
    assert [(row[1], row[2], row[3]) for row in await answers(floor)] == [(9, None, "Ольга")]


@pytest.mark.parametrize(
    "data", ["w:", "w:x", "w:99999", "w:99999:5", "w:1:11", "w:1:x", f"w:{10**30}", "w:1:5:6", "w:1::", "w:1::x"]
)
async def test_a_forged_button_writes_nothing(floor: Floor, data: str) -> None:
    asked = await ask(floor, "/score 17850")
    assert await floor.tap_data(data, OPER, asked) == "Эта кнопка больше не работает."
    assert await answers(floor) == []


async def test_a_second_tap_corrects_the_score_of_the_day(floor: Floor) -> None:
    asked = await ask(floor, "/score 17850")
    first, second = buttons(floor, asked)[3], buttons(floor, asked)[4]
    await floor.tap_data(first, OPER, asked)
    await floor.tap_data(second, OPER, asked)
    assert [row[1] for row in await answers(floor)] == [4]


async def test_a_score_in_one_line_is_corrected_by_the_next_of_the_day_and_one_case_follows(floor: Floor) -> None:
    await ask(floor, "/score 17850 3 Долго")
    asked = await ask(floor, "/score 17850")
    await floor.tap_data(buttons(floor, asked)[1], OPER, asked)
    assert [(row[1], row[2]) for row in await answers(floor)] == [(1, "Долго")]
    async with floor.database.read() as connection:
        assert len((await connection.execute(select(Case.id))).all()) == 1
        versions = select(ResponseChange.score).order_by(ResponseChange.id)
        assert (await connection.execute(versions)).scalars().all() == [3, 1]


async def test_a_score_written_to_a_question_that_waited_is_corrected_too(floor: Floor) -> None:
    await ask(floor, "/score 1 3")
    await ask(floor, "/score 1 1")
    assert [row[1] for row in await answers(floor)] == [1]


async def test_the_confirmation_keeps_a_button_that_corrects_that_score_later_too(floor: Floor) -> None:
    said = await ask(floor, "/score 17850 3", chat=OPER)
    [change] = floor.api.current_keyboard(OPER, said.message_id)[0]
    assert change["text"] == "Исправить оценку"
    await floor.settle(timedelta(days=2))
    await floor.tap_data(change["callback_data"], OPER, said)
    await floor.tap_data(buttons(floor, said)[9], OPER, said)
    assert [(row[1], row[3]) for row in await answers(floor)] == [(9, "Оля")]
    assert len(buttons(floor, said)) == 1, "and again"
    await floor.write("Ошиблась", user_id=OPER, reply_to=said)
    assert [row[2] for row in await answers(floor)] == ["Ошиблась"]


async def test_the_button_leaves_an_answer_alone_that_the_customer_gave_since(floor: Floor) -> None:
    said = await ask(floor, "/score 1 3", chat=OPER)
    [change] = buttons(floor, said)
    await floor.answer(8)
    await floor.tap_data(change, OPER, said)
    assert await floor.tap_data(buttons(floor, said)[0], OPER, said) == "Эта кнопка больше не работает."
    assert [row[1] for row in await answers(floor)] == [8]
