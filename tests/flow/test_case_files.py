"""Staff look at the files that came with an answer: copied under the card, or said to be gone."""

import pytest
from sqlalchemy import func, select, update

from bot.loopback.bot_api import BotApiServer
from bot.loopback.messages import Message
from scheduler.outbox import MessageKind
from storage.database import Database
from storage.erasing import erase_customer
from storage.models import Address, Customer, OutboxMessage, Response
from storage.statuses import CaseStatus
from tests.flow.floor import ANNA, GROUP, IVAN, OLGA, OPER, STRANGER, Floor, open_floor

TOPIC = 7


async def complain(floor: Floor, *kinds: str, caption: str | None = None) -> list[Message]:
    """Anna answers with a 2 in her chat and sends files."""
    question = await floor.talk.ask(floor.asked.token)
    floor.api.tap(ANNA, question.message_id, f"s:{floor.asked.token}:2")
    await floor.settle()
    files = [floor.api.send_file(ANNA, kind, caption=caption) for kind in kinds]
    await floor.settle()
    return files


@pytest.mark.parametrize("kind", ["voice", "photo", "document", "video_note"])
async def test_a_file_is_copied_under_the_card_for_whoever_asks(floor: Floor, kind: str) -> None:
    [file] = await complain(floor, kind, caption="Вот <чек>" if kind != "video_note" else None)
    assert floor.rows[-1] == ["Показать файл"]
    assert await floor.tap("files") == "Сейчас появится под карточкой."
    shown = floor.own[-1]
    assert shown.extra[kind] == file.extra[kind]
    assert shown.extra.get("caption") == file.extra.get("caption")
    assert shown.extra["reply_to_message"]["message_id"] == floor.card.message_id
    assert "forward_origin" not in shown.extra
    assert await floor.case("status") == CaseStatus.OPEN, "looking changes nothing"


async def test_several_files_come_in_their_order_and_each_time_they_are_asked_for(floor: Floor) -> None:
    files = await complain(floor, "voice", "photo", "photo")
    assert floor.rows[-1] == ["Показать файлы"]
    for _ in range(2):
        await floor.tap("files", IVAN)
    wanted = [file.extra.get("voice") or file.extra.get("photo") for file in files]
    shown = [one.extra.get("voice") or one.extra.get("photo") for one in floor.own[1:]]
    assert shown == wanted * 2


async def test_a_double_tap_shows_it_once(floor: Floor) -> None:
    await complain(floor, "voice")
    for _ in range(2):
        floor.api.tap(GROUP, floor.card.message_id, f"c:{await floor.case('id')}:files", user_id=OLGA)
    await floor.settle()
    assert len(floor.own) == 2


async def test_a_reply_to_the_file_reaches_the_customer(floor: Floor) -> None:
    await complain(floor, "voice")
    await floor.tap("files")
    await floor.write("Послушали, простите!", reply_to=floor.own[-1])
    assert "Послушали, простите!" in (floor.said(ANNA)[-1].text or "")


async def test_a_resolved_case_still_shows_its_files(floor: Floor) -> None:
    await complain(floor, "photo")
    await floor.tap("resolve")
    assert floor.rows[-1] == ["Показать файл"]
    await floor.tap("files")
    assert "photo" in floor.own[-1].extra


@pytest.mark.parametrize("user", [STRANGER, OPER])
async def test_a_stranger_and_an_operator_see_nothing_and_are_told_so(floor: Floor, user: int) -> None:
    await complain(floor, "photo")
    assert await floor.tap("files", user) == "Это могут только менеджеры и администраторы."
    assert floor.own == [floor.card]


async def test_a_message_that_the_customer_deleted_is_said_to_be_gone(floor: Floor) -> None:
    [first, _] = await complain(floor, "voice", "photo")
    floor.api.remove(ANNA, first.message_id)
    await floor.tap("files")
    gone, photo = floor.own[1:]
    assert gone.text == "Файл уже не показать: покупатель удалил сообщение или его чат недоступен."
    assert gone.extra["reply_to_message"]["message_id"] == floor.card.message_id
    assert "photo" in photo.extra
    assert await dead(floor) == 0


async def test_of_somebody_erased_no_file_is_shown(floor: Floor) -> None:
    await complain(floor, "voice")
    case_id = await floor.case("id")
    floor.api.tap(GROUP, floor.card.message_id, f"c:{case_id}:files", user_id=OLGA)
    await floor.talk.fetch(floor.now)
    await floor.talk.inbox.process_pending(floor.now)  # it waits to be shown …
    async with floor.database.begin() as connection:  # … when the person is erased
        await erase_customer(connection, floor.asked.customer_id, floor.now)
    await floor.settle()
    assert [one.text for one in floor.own[1:]] == ["Файл уже не показать: покупатель попросил стереть всё о себе."]
    assert ["Показать файл"] not in floor.rows
    assert await floor.tap("files") == "Файла больше нет."


async def test_of_somebody_whose_chat_nobody_knows_any_more_it_is_not_said_that_they_were_erased(floor: Floor) -> None:
    [file] = await complain(floor, "voice")
    old = {"kind": "voice", "file_id": file.extra["voice"]["file_id"], "message_id": file.message_id}
    async with floor.database.begin() as connection:
        await connection.execute(update(Response).values(attachments=[old]))
    floor.api.tap(GROUP, floor.card.message_id, f"c:{await floor.case('id')}:files", user_id=OLGA)
    await floor.talk.fetch(floor.now)
    await floor.talk.inbox.process_pending(floor.now)
    async with floor.database.begin() as connection:
        await connection.execute(update(Customer).values(telegram_address_id=None))
    await floor.settle()
    assert floor.own[-1].text == "Файл уже не показать: покупатель удалил сообщение или его чат недоступен."


async def test_an_answer_without_a_file_has_no_button_and_an_old_one_says_so(floor: Floor) -> None:
    await floor.answer(2, "Долго")
    assert ["Показать файл"] not in floor.rows
    assert await floor.tap("files") == "Файла больше нет."
    assert floor.own == [floor.card]


async def test_files_are_looked_for_where_they_were_sent_not_where_the_customer_is_now(floor: Floor) -> None:
    [file] = await complain(floor, "voice")
    other = floor.api.add_user(1002, "Борис")
    floor.api.write(other.id, "Это чужое")
    async with floor.database.begin() as connection:
        await connection.execute(update(Address).where(Address.value == str(ANNA)).values(value=str(other.id)))
    await floor.tap("files")
    assert floor.own[-1].extra["voice"] == file.extra["voice"]


async def test_a_file_of_before_the_chat_was_kept_is_found_in_the_customers_chat(floor: Floor) -> None:
    [file] = await complain(floor, "voice")
    old = {"kind": "voice", "file_id": file.extra["voice"]["file_id"], "message_id": file.message_id}
    async with floor.database.begin() as connection:
        await connection.execute(update(Response).values(attachments=[old]))
    await floor.tap("files")
    assert floor.own[-1].extra["voice"] == file.extra["voice"]
    async with floor.database.begin() as connection:
        await connection.execute(update(Customer).values(telegram_address_id=None))
    assert await floor.tap("files") == "Файла больше нет."


async def test_it_is_shown_in_the_cards_own_topic_and_nowhere_else(database: Database, api: BotApiServer) -> None:
    api.add_group(-900, "Старая группа")
    api.add_group(GROUP, "Форум", topics=[TOPIC])
    async with open_floor(database, api, telegram={"cases_topic": TOPIC}) as floor:
        await complain(floor, "voice")
        old = floor.api.write(-900, "старая карточка", user_id=OLGA)
        await floor.tap_data(f"c:{await floor.case('id')}:files", OLGA, old)
        assert floor.said(-900) == [], "where strangers may be"
        assert floor.own[-1].extra["message_thread_id"] == TOPIC
        api.chats[GROUP].topics = frozenset()
        await floor.tap("files")
        assert "voice" in floor.own[-1].extra, "a topic that was deleted hides nothing"


async def dead(floor: Floor) -> int:
    async with floor.database.read() as connection:
        messages = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.kind == MessageKind.CASE_FILE)
        return (await connection.execute(messages.where(OutboxMessage.status == "dead"))).scalar_one()
