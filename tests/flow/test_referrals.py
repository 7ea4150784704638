"""Who comes by a customer's link for friends, over HTTP, on both engines: recorded once, known again as a customer."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.reports.mydata import mydata_text
from bot.telegram.connection import connect
from storage.customers import Said, write_contacts
from storage.database import Database
from storage.models import Address, Customer, Referral, ReferralLink
from storage.mydata import read_mydata
from storage.referral_counts import Referrer, count_referrals
from storage.referrals import ensure_link
from storage.seconds import read_history
from storage.sources.contacts import Contact
from storage.statuses import AddressKind
from tests.flow.command import molva
from tests.flow.conversation import Conversation
from tests.flow.world import COMPANY, NOW, add_customer, add_sale

PHONE = "+79161234567"
FRIEND = 5005  # the newcomer's chat
KEPT = "Спасибо! Назовите этот номер при покупке, и мы вас здесь узнаем."


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Conversation]:
    """A conversation with people of whom 1001 is customer 1, who recommends the shop."""
    async with BotApiServer() as api, connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        for chat, name in ((1001, "Anna"), (1002, "Boris"), (FRIEND, "Vera"), (6006, "Gleb")):
            api.add_user(chat, name)
        async with database.begin() as connection:
            await add_customer(connection, "1", telegram="1001", name="Анна")
            await add_customer(connection, "2", telegram="1002")
        yield Conversation(database, api, bot)


async def link(talk: Conversation, number: str = "1") -> str:
    async with talk.database.begin() as connection:
        customer = select(Customer.id).where(Customer.external_id == number)
        return await ensure_link(connection, (await connection.execute(customer)).scalar_one(), NOW)


async def come(talk: Conversation, chat: int = FRIEND, number: str = "1") -> None:
    talk.api.write(chat, f"/start {await link(talk, number)}")
    await talk.settle()


async def arrivals(talk: Conversation) -> list[tuple[str, str, str | None]]:
    """(referrer, chat, customer that it became)."""
    async with talk.database.read() as connection:
        referrer = select(Customer.external_id).where(Customer.id == Referral.referrer_id).scalar_subquery()
        newcomer = select(Customer.external_id).where(Customer.id == Referral.newcomer_id).scalar_subquery()
        chat = select(Address.value).where(Address.id == Referral.address_id).scalar_subquery()
        rows = await connection.execute(select(referrer, chat, newcomer).select_from(Referral).order_by(Referral.id))
        return [(row[0], row[1], row[2]) for row in rows]


async def bring(talk: Conversation, number: str, **contact: Any) -> None:
    """An import says so of a customer."""
    async with talk.database.begin() as connection:
        await write_contacts(connection, {number: Said(Contact(**contact))}, NOW, create=True)


async def test_a_newcomer_is_greeted_recorded_and_joins_nobody(talk: Conversation) -> None:
    await come(talk)
    assert await arrivals(talk) == [("1", str(FRIEND), None)]
    text = talk.texts(FRIEND)[-1]
    assert text.startswith("Лавка\n\nЗдравствуйте! Вам посоветовали нас знакомые — добро пожаловать.")
    assert talk.api.sent[-1].reply_markup == {
        "keyboard": [[{"text": "Отправить мой номер телефона", "request_contact": True}]],
        "resize_keyboard": True,
        "one_time_keyboard": True,
    }
    async with talk.database.read() as connection:
        chats = select(func.count()).where(Customer.telegram_address_id.is_not(None))
        assert (await connection.execute(chats)).scalar_one() == 2


@pytest.mark.parametrize(
    ("spoken", "greeting", "button", "kept"),
    [
        ("en", "Hello! A friend has recommended us to you: welcome.", "Share my phone number", "Thank you! Give this"),
        ("en-GB", "Hello! A friend has recommended us", "Share my phone number", "Thank you! Give this"),
        ("ru", "Здравствуйте! Вам посоветовали нас", "Отправить мой номер телефона", KEPT),
        ("de", "Здравствуйте! Вам посоветовали нас", "Отправить мой номер телефона", KEPT),
        (None, "Здравствуйте! Вам посоветовали нас", "Отправить мой номер телефона", KEPT),
    ],
)
async def test_a_newcomer_is_greeted_in_the_language_of_their_telegram_where_the_shop_speaks_it(
    talk: Conversation, spoken: str | None, greeting: str, button: str, kept: str
) -> None:
    talk.api.chats[FRIEND].language_code = spoken
    await come(talk)
    assert talk.texts(FRIEND)[-1].startswith(f"Лавка\n\n{greeting}")
    asked = talk.api.sent[-1].reply_markup
    assert asked is not None
    assert asked["keyboard"][0][0]["text"] == button
    talk.api.share_contact(FRIEND, PHONE)
    await talk.settle()
    assert talk.texts(FRIEND)[-1].startswith(kept), "and is spoken with in it until they are a customer"


async def test_a_stranger_is_greeted_in_it_too_and_a_customer_as_their_card_says(talk: Conversation) -> None:
    for chat in (1001, 6006):
        talk.api.chats[chat].language_code = "en"
        talk.api.write(chat, "/start")
    await talk.settle()
    assert "Hello! Here we ask our customers" in talk.texts(6006)[-1]
    assert "После покупки мы зададим вам здесь один вопрос" in talk.texts(1001)[-1]


async def test_who_comes_twice_or_by_two_links_came_by_the_first(talk: Conversation) -> None:
    await come(talk)
    await come(talk)
    await come(talk, number="2")
    assert await arrivals(talk) == [("1", str(FRIEND), None)]
    assert "посоветовали" in talk.texts(FRIEND)[-1]


@pytest.mark.parametrize("chat", [1001, 1002])
async def test_neither_oneself_nor_another_customer_is_a_newcomer(talk: Conversation, chat: int) -> None:
    await come(talk, chat)
    assert await arrivals(talk) == []
    assert "После покупки мы зададим вам здесь один вопрос" in talk.texts(chat)[-1]


@pytest.mark.parametrize("payload", ["A" * 22, "A" * 64, "x", "'; DROP TABLE referral; --", "../../etc", "и" * 22])
async def test_forged_links_are_refused_politely(talk: Conversation, payload: str) -> None:
    await link(talk)
    talk.api.write(FRIEND, f"/start {payload}")
    assert await talk.settle() == 1
    assert await arrivals(talk) == []
    assert talk.texts(FRIEND)[-1].startswith("Ссылка не сработала")


async def test_the_link_of_somebody_erased_leads_nowhere_and_who_came_stays_counted(talk: Conversation) -> None:
    await come(talk)
    token = await link(talk)
    talk.api.tap(1001, 1, "f:yes")
    await talk.settle()
    talk.api.write(6006, f"/start {token}")
    await talk.settle()
    assert talk.texts(6006)[-1].startswith("Ссылка не сработала")
    assert [chat for _, chat, _ in await arrivals(talk)] == [str(FRIEND)]
    async with talk.database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(ReferralLink))).scalar_one() == 0


async def test_fifty_starts_a_second_are_one_arrival(talk: Conversation) -> None:
    token = await link(talk)
    for _ in range(50):
        talk.api.write(FRIEND, f"/start {token}")
    assert await talk.settle() == 50
    assert await arrivals(talk) == [("1", str(FRIEND), None)]


async def test_a_newcomer_who_is_known_by_their_number_becomes_that_customer(talk: Conversation) -> None:
    async with talk.database.begin() as connection:
        await add_customer(connection, "7", phone=PHONE)
    await come(talk)
    talk.api.share_contact(FRIEND, PHONE)
    await talk.settle()
    assert await arrivals(talk) == [("1", str(FRIEND), "7")]


async def test_a_newcomers_number_is_kept_until_an_import_brings_it(talk: Conversation) -> None:
    await come(talk)
    talk.api.share_contact(FRIEND, PHONE)
    await talk.settle()
    assert talk.texts(FRIEND)[-1] == KEPT
    await bring(talk, "8", email="other@example.test")
    assert await arrivals(talk) == [("1", str(FRIEND), None)]
    await bring(talk, "9", phone=PHONE)
    assert await arrivals(talk) == [("1", str(FRIEND), "9")]
    await bring(talk, "10", telegram_id=str(FRIEND))
    assert await arrivals(talk) == [("1", str(FRIEND), "9")]


async def test_an_import_that_brings_the_chat_ties_it_and_the_customer_is_not_asked_how_they_came(
    talk: Conversation,
) -> None:
    await come(talk)
    await bring(talk, "9", telegram_id=str(FRIEND))
    assert await arrivals(talk) == [("1", str(FRIEND), "9")]
    async with talk.database.begin() as connection:
        ids = (await connection.execute(select(Customer.id).order_by(Customer.id))).scalars().all()
        assert [(await read_history(connection, one)).is_source_known for one in ids] == [False, False, True]


async def test_a_number_that_several_have_says_nothing_and_ones_own_link_recommends_nobody(talk: Conversation) -> None:
    await come(talk)
    talk.api.share_contact(FRIEND, PHONE)
    await talk.settle()
    async with talk.database.begin() as connection:
        said = {number: Said(Contact(phone=PHONE)) for number in ("8", "9")}
        await write_contacts(connection, said, NOW, create=True)
    assert await arrivals(talk) == [("1", str(FRIEND), None)]
    await come(talk, 6006)
    await bring(talk, "1", telegram_id="6006")
    assert await arrivals(talk) == [("1", str(FRIEND), None)]


async def test_two_chats_of_one_newcomer_are_one_customer_won(talk: Conversation) -> None:
    await come(talk)
    await come(talk, 6006, number="2")
    for chat in (FRIEND, 6006):
        talk.api.share_contact(chat, PHONE)
        await talk.settle()
    await bring(talk, "9", phone=PHONE)
    assert await arrivals(talk) == [("1", str(FRIEND), "9"), ("2", "6006", None)]


async def test_staff_see_who_brought_whom_and_only_new_buyers_count_as_won(talk: Conversation, tmp_path: Path) -> None:
    for chat, number in ((FRIEND, "8"), (6006, "9")):
        await come(talk, chat)
        await bring(talk, number, telegram_id=str(chat))
    async with talk.database.begin() as connection:
        ids = {row.external_id: row.id for row in await connection.execute(select(Customer.external_id, Customer.id))}
        await add_sale(connection, ids["8"], "NEW", sold_at=NOW + timedelta(days=1))
        await add_sale(connection, ids["9"], "OLD", sold_at=NOW - timedelta(days=9))
        await add_sale(connection, ids["9"], "AGAIN", sold_at=NOW + timedelta(days=1))
        found = await count_referrals(connection, None, None)
        day = COMPANY.local_day(NOW)
        assert await count_referrals(connection, day + timedelta(days=1), None) == []
        assert await count_referrals(connection, day, day) == found
    assert found == [Referrer(customer="1", customer_name="Анна", came=2, customers=2, bought=1)]
    config = tmp_path / "config.toml"
    url = json.dumps(talk.database.url.render_as_string(hide_password=False))
    config.write_text(f"[database]\nurl = {url}\n", encoding="utf-8")
    printed = await molva(config, "links", "referrals", "--json")
    assert json.loads(printed.stdout) == {
        "came": 2, "customers": 2, "bought": 1,
        "referrers": [{"customer": "1", "customer_name": "Анна", "came": 2, "customers": 2, "bought": 1}],
    }  # fmt: skip
    shown = (await molva(config, "links", "referrals")).stdout.decode()
    assert "Анна" in shown
    assert "новые покупатели" in shown
    wrong = await molva(config, "links", "referrals", "--from", "2026-11-02", "--to", "2026-11-01")
    assert (wrong.status, "--from 2026-11-02 is after --to 2026-11-01" in wrong.stderr) == (2, True)


async def test_both_find_it_in_their_own_data_and_a_stranger_is_told_what_is_stored(talk: Conversation) -> None:
    await come(talk)
    talk.api.write(FRIEND, "/mydata")
    await talk.settle()
    assert talk.texts(FRIEND)[-1].startswith("Мы не знаем, кто вы. У нас сохранены номер этого чата, отметка")
    await bring(talk, "9", telegram_id=str(FRIEND))
    said: dict[str, str] = {}
    async with talk.database.read() as connection:
        for number, id_ in await connection.execute(select(Customer.external_id, Customer.id)):
            said[number] = mydata_text(await read_mydata(connection, id_), COMPANY, "ru", {})
    assert "Пришли по вашей ссылке: 1" in said["1"]
    assert "Как вы о нас узнали: по ссылке от знакомых" in said["9"]
    assert "ссылке" not in said["2"]


@pytest.mark.parametrize("has_bought", [False, True])
async def test_a_newcomer_who_wants_to_be_forgotten_leaves_a_figure_and_nothing_else(
    talk: Conversation, has_bought: bool
) -> None:
    await come(talk)
    talk.api.share_contact(FRIEND, PHONE)
    await talk.settle()
    if has_bought:
        await bring(talk, "9", telegram_id=str(FRIEND))
    talk.api.tap(FRIEND, 1, "f:yes")
    await talk.settle()
    async with talk.database.read() as connection:
        left = (await connection.execute(select(Address.value))).scalars().all()
        count = (await connection.execute(select(func.count()).select_from(Referral))).scalar_one()
    assert (PHONE in left, str(FRIEND) in left, count) == (False, False, 1)


async def test_a_strangers_number_is_not_kept_without_a_recommendation(talk: Conversation) -> None:
    talk.api.share_contact(FRIEND, PHONE)
    await talk.settle()
    assert talk.texts(FRIEND)[-1].startswith("Спасибо! По этому номеру узнать вас не получилось.")
    async with talk.database.begin() as connection:
        phones = select(func.count()).where(Address.kind == AddressKind.PHONE)
        assert (await connection.execute(phones)).scalar_one() == 0
