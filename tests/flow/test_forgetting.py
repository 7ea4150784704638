"""A person who wants to be forgotten: nothing of them in any column of any table, on both engines."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Text, cast, func, insert, select, update

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from scheduler.asking.policy import Policy
from scheduler.contacting import opt_in
from scheduler.outbox import MessageKind, queue_message
from storage.customers import Said, write_contacts
from storage.database import Database
from storage.erasing import erase_customer
from storage.models import (
    Address,
    Base,
    Case,
    CaseEvent,
    Customer,
    CustomerComment,
    CustomerLink,
    Delivery,
    ImportChange,
    OutboxMessage,
    ReferralLink,
    Response,
    Sale,
    SalesImport,
    Suppression,
)
from storage.sources.contacts import Contact
from storage.staff_names import names_of, remember_name
from storage.statuses import ChangeKind
from tests.flow.command import molva
from tests.flow.conversation import Conversation
from tests.flow.floor import ANNA, add_people, open_floor
from tests.flow.world import NOW, Seeded, add_customer, ask_customer

CHAT = 700700700
MARKS = (
    "Аннушкина", "anna@personal.test", "+79161112233", str(CHAT), "K-17850", "разлила масло", "Садовая", "звонили",
    "anna-voice",
)  # fmt: skip
CONTACT = Contact(email="anna@personal.test", phone="+79161112233")


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    """A conversation with Anna, about whom there is something in every table."""
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        api.add_user(CHAT, "Аннушкина")
        yield Conversation(database, api, bot, policy=Policy(case_score=6))


async def fill(talk: Conversation) -> Seeded:
    """Anna, asked and unhappy, with everything that a table can hold about her; and Boris, who has her e-mail too."""
    anna: dict[str, Any] = {
        "telegram": str(CHAT), "email": "anna@personal.test", "phone": "+79161112233", "name": "Аннушкина",
        "acquired_by": "Аннушкина", "attributes": {"street": "Садовая"}, "language": "ru",
    }  # fmt: skip
    async with talk.database.begin() as connection:
        seeded = await ask_customer(connection, "1", **anna)
        await add_customer(connection, "2", email="anna@personal.test", name="Борис")
        await connection.execute(
            update(Customer).where(Customer.id == seeded.customer_id).values(external_id="K-17850")
        )  # fmt: skip
    asked = await talk.ask(seeded.token, chat=CHAT)
    talk.api.tap(CHAT, asked.message_id, f"s:{seeded.token}:3")
    await talk.settle()
    talk.api.write(CHAT, "Она уже разлила масло")
    talk.api.push(_voice_of(talk))
    await talk.settle()
    async with talk.database.begin() as connection:
        await _write_about(connection, seeded)
    return seeded


def _voice_of(talk: Conversation) -> dict[str, Any]:
    chat = talk.api.chats[CHAT]
    voice = {"file_id": "anna-voice", "file_unique_id": "v", "duration": 3}
    message = {"message_id": 900, "date": 1, "chat": chat.as_json(), "from": chat.as_user(), "voice": voice}
    return {"message": message}


async def _write_about(connection: Any, seeded: Seeded) -> None:
    case_id = (await connection.execute(select(Case.id))).scalar_one()
    row = {"customer_id": seeded.customer_id}
    await connection.execute(update(Case).values(note="звонили"))
    await connection.execute(insert(CaseEvent).values(case_id=case_id, at=NOW, kind="noted", text="звонили"))
    written = {"invitation_id": seeded.invitation_id, "text": "разлила масло", "at": NOW}
    await connection.execute(insert(CustomerComment).values(row | written))
    await connection.execute(insert(CustomerLink).values(token="anna-token-0123456789", created_at=NOW, **row))
    await connection.execute(insert(ReferralLink).values(token="anna-friends-0123456789", created_at=NOW, **row))
    await connection.execute(update(Sale).values(attributes={"street": "Садовая"}))
    await connection.execute(update(Delivery).values(reference="<anna@personal.test>"))
    made = await connection.execute(
        insert(SalesImport).values(file="sales.csv", status="done", started_at=NOW).returning(SalesImport.id)
    )
    changed = {"import_id": made.scalar_one(), "before": {"name": ["Аннушкина", "Анна"]}}
    await connection.execute(
        insert(ImportChange).values(kind=ChangeKind.CUSTOMER, row_id=seeded.customer_id, **changed)
    )  # fmt: skip
    await queue_message(
        connection, key="staff:1", kind=MessageKind.TEXT, channel="telegram", target="-500",
        payload={"text": "Аннушкина: «Она уже разлила масло»"}, now=NOW,
    )  # fmt: skip


async def found(database: Database, marks: tuple[str, ...]) -> list[str]:
    """Where in the database any of these stands: table.column, looked for in every column as text."""
    places = []
    async with database.read() as connection:
        for table in Base.metadata.sorted_tables:
            rows = (await connection.execute(select(*(cast(column, Text) for column in table.columns)))).all()
            for column, values in zip(table.columns, zip(*rows, strict=True), strict=False):  # of no rows, no values
                text = "\n".join(value for value in values if value is not None)
                for mark in marks:
                    if mark in text or json.dumps(mark)[1:-1] in text:
                        places.append(f"{table.name}.{column.name}: {mark}")
    return places


async def test_nothing_of_the_person_is_left_in_any_column_and_the_score_stays(talk: Conversation) -> None:
    seeded = await fill(talk)
    marks = (*MARKS, seeded.token, "anna-token-0123456789", "anna-friends-0123456789")
    assert {place.partition(": ")[2] for place in await found(talk.database, marks)} == set(marks)
    talk.api.write(CHAT, "/forget")
    await talk.settle()
    question = talk.api.messages(CHAT)[-1]
    assert "Вернуть это будет нельзя" in (question.text or "")
    keyboard = talk.api.current_keyboard(CHAT, question.message_id)
    assert [[button["text"] for button in row] for row in keyboard] == [["Удалить всё"], ["Нет, оставить"]]
    talk.api.tap(CHAT, question.message_id, "f:yes")
    await talk.settle()
    assert await found(talk.database, marks) == []
    assert talk.api.answered[-1].show_alert
    assert "Всё удалено" in (talk.api.answered[-1].text or "")
    assert "Всё удалено" in (talk.api.messages(CHAT)[-1].text or ""), "where the alert came too late as well"
    assert talk.api.current_keyboard(CHAT, question.message_id) == []
    async with talk.database.read() as connection:
        assert [tuple(row) for row in await connection.execute(select(Response.score, Response.comment))] == [(3, None)]
        boris = select(Customer.name, Customer.email_address_id).where(Customer.external_id == "2")
        assert tuple((await connection.execute(boris)).one()) == ("Борис", None)
        assert (await connection.execute(select(func.count()).select_from(Suppression))).scalar_one() == 4


async def test_no_changes_nothing_and_says_so_on_the_same_message(talk: Conversation) -> None:
    await fill(talk)
    talk.api.write(CHAT, "/forget")
    await talk.settle()
    question = talk.api.messages(CHAT)[-1]
    talk.api.tap(CHAT, question.message_id, "f:no")
    await talk.settle()
    assert talk.texts(CHAT)[-1] == "Хорошо, ничего не удалено."
    assert talk.api.current_keyboard(CHAT, question.message_id) == []
    assert "Аннушкина" in str(await found(talk.database, MARKS))


async def test_a_confirmation_from_a_group_or_misspelt_erases_nobody(talk: Conversation) -> None:
    await fill(talk)
    talk.api.add_group(-3003, "Neighbours")
    talk.api.tap(-3003, 1, "f:yes", user_id=CHAT)
    talk.api.tap(CHAT, 1, "f:maybe")
    await talk.settle()
    assert "Аннушкина" in str(await found(talk.database, MARKS))
    assert {answer.text for answer in talk.api.answered[-2:]} == {"Эта кнопка больше не работает."}


async def test_old_buttons_of_somebody_erased_are_dead_and_the_chat_is_a_strangers(talk: Conversation) -> None:
    seeded = await fill(talk)
    talk.api.tap(CHAT, 1, "f:yes")
    for data in (f"s:{seeded.token}:9", f"n:{seeded.token}", "f:yes"):
        talk.api.tap(CHAT, 1, data)
    talk.api.write(CHAT, "/start")
    assert await talk.settle() == 1  # the rest came before, and went with everything else
    for data in (f"s:{seeded.token}:9", f"n:{seeded.token}"):
        talk.api.tap(CHAT, 1, data)
    await talk.settle()
    assert [answer.text for answer in talk.api.answered[-2:]] == ["Эта кнопка больше не работает."] * 2


async def test_an_import_that_brings_the_person_back_finds_them_opted_out(talk: Conversation) -> None:
    await fill(talk)
    talk.api.tap(CHAT, 1, "f:yes")
    await talk.settle()
    async with talk.database.begin() as connection:
        said = {"K-17850": Said(CONTACT), "other": Said(Contact(phone="+79161112233")), "new": Said(Contact())}
        await write_contacts(connection, said, NOW, create=True)
        rows = select(Customer.external_id, Customer.opted_out_at).where(Customer.external_id.in_(said))
        opted_out = {row.external_id: row.opted_out_at for row in await connection.execute(rows)}
        values = select(Address.opted_out_at).where(Address.value.in_([CONTACT.email, CONTACT.phone]))
        assert (await connection.execute(values)).scalars().all() == [NOW, NOW]
    assert opted_out == {"K-17850": NOW, "other": None, "new": None}


async def test_who_comes_back_by_themselves_is_asked_again_whatever_is_imported(talk: Conversation) -> None:
    await fill(talk)
    talk.api.tap(CHAT, 1, "f:yes")
    await talk.settle()
    async with talk.database.begin() as connection:
        await write_contacts(connection, {"K-17850": Said(Contact(telegram_id=str(CHAT)))}, NOW, create=True)
        await opt_in(connection, chat=str(CHAT))
        await write_contacts(connection, {"K-17850": Said(Contact(telegram_id=str(CHAT)))}, NOW, create=True)
        stands = select(Address.opted_out_at, Customer.opted_out_at).join(
            Customer, Customer.telegram_address_id == Address.id
        )
        assert tuple((await connection.execute(stands)).one()) == (None, None)


async def test_what_could_not_be_told_to_others_yet_stays_and_what_is_of_the_person_goes(talk: Conversation) -> None:
    seeded = await fill(talk)
    to_boris = {"case": 1, "text": "Боря, Аннушкина разлила масло и не у вас", "language": "", "token": None}
    of_anna = {"text": "Не отправлено.\nТелефон: +79161112233"}
    async with talk.database.begin() as connection:
        for key, kind, payload in (("b", MessageKind.ANSWER, to_boris), ("a", MessageKind.TEXT, of_anna)):
            await queue_message(
                connection, key=key, kind=kind, channel="telegram", target="-777", payload=payload, now=NOW
            )  # fmt: skip
        await connection.execute(update(OutboxMessage).where(OutboxMessage.target == "-777").values(status="dead"))
        await remember_name(connection, str(CHAT), "Аннушкина", NOW)
        await erase_customer(connection, seeded.customer_id, NOW)
        left = select(OutboxMessage.key, OutboxMessage.payload).where(OutboxMessage.target == "-777")
        assert [tuple(row) for row in await connection.execute(left)] == [("b", to_boris)]
        assert await names_of(connection, [str(CHAT)]) == {}


async def test_a_stranger_who_wants_to_be_forgotten_leaves_nothing(talk: Conversation) -> None:
    talk.api.write(CHAT, "/stop")
    talk.api.write(CHAT, "/forget")
    await talk.settle()
    assert await found(talk.database, (str(CHAT),)) != []
    talk.api.tap(CHAT, 1, "f:yes")
    await talk.settle()
    assert await found(talk.database, (str(CHAT), "Аннушкина")) == []


async def test_staff_erase_whom_they_name_and_mean(talk: Conversation, tmp_path: Path) -> None:
    await fill(talk)
    config = tmp_path / "config.toml"
    url = json.dumps(talk.database.url.render_as_string(hide_password=False))
    config.write_text(f"[database]\nurl = {url}\n", encoding="utf-8")
    for arguments, status, said in (
        (("K-17850",), 2, "--yes"),
        (("nobody", "--yes"), 1, "molva: покупателя nobody нет: номера"),
        (("K-17850", "--yes", "--json"), 0, '"forgotten": "K-17850"'),
    ):
        ran = await molva(config, "customers", "forget", *arguments)
        assert (ran.status, said in ran.stdout.decode() + ran.stderr) == (status, True), ran.stderr
    assert await found(talk.database, MARKS) == []


async def test_the_case_of_somebody_erased_says_so_and_can_only_be_resolved(database: Database) -> None:
    async with BotApiServer() as api:
        add_people(api)
        async with open_floor(database, api) as floor:
            await floor.answer(3, "Долго ждала")
            await floor.write_to_bot("/forget")
            api.tap(ANNA, floor.said(ANNA)[-1].message_id, "f:yes")
            await floor.settle()
            assert floor.text.startswith("🔴 3 · данные стёрты по просьбе покупателя · № 1")
            assert "Связаться с покупателем нельзя: остаётся только закрыть обращение." in floor.text
            assert "erased-" not in floor.text
            assert floor.rows == [["Решено"]]
            await floor.write("/cases")
            assert "данные стёрты по просьбе покупателя" in (floor.own[-1].text or "")
