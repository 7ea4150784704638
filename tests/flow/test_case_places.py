"""Where cases are seen to: a store's or manager's group, a forum's topic, a group that moved, a card that is gone."""

from datetime import timedelta

import pytest

from bot.channels.settings import CaseChat, TelegramSettings
from bot.config import ConfigError, parse_settings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from bot.telegram.groups import CasesGroup
from scheduler.carding import Place
from storage.chat_moves import follow_moves
from storage.database import Database
from tests.flow.floor import ANNA, GROUP, OLGA, open_floor

STORE, NEW = -600, -1001234


@pytest.fixture
def api(api: BotApiServer) -> BotApiServer:
    api.add_group(STORE, "На Тверской", topics=[12])
    return api


async def test_a_case_goes_to_the_group_and_topic_of_its_store(database: Database, api: BotApiServer) -> None:
    chats = (CaseChat(chat=STORE, topic=12, store="Main street"),)
    async with open_floor(database, api, telegram={"case_chats": chats}, sale={"store": " main  STREET"}) as floor:
        await floor.answer(3)
        card = floor.said(STORE)[0]
        assert (card.extra["message_thread_id"], floor.said(GROUP)) == (12, [])
        api.write(STORE, "/cases", user_id=OLGA, topic=12)
        await floor.settle()
        assert floor.said(STORE)[-1].extra["message_thread_id"] == 12, "answered where it was asked"


async def test_a_topic_that_was_deleted_does_not_lose_the_case(database: Database, api: BotApiServer) -> None:
    chats = (CaseChat(chat=STORE, topic=77, store="Main street"),)
    async with open_floor(database, api, telegram={"case_chats": chats}, sale={"store": "Main street"}) as floor:
        await floor.answer(3)
        assert "message_thread_id" not in floor.said(STORE)[0].extra


async def test_the_first_entry_that_fits_counts_and_the_common_group_is_for_the_rest(api: BotApiServer) -> None:
    chats = (
        CaseChat(chat=1, store="A", manager="Ivanova"),
        CaseChat(chat=2, manager="Ivanova"),
        CaseChat(chat=3, store="A", topic=5),
    )
    settings = TelegramSettings(token=api.token, api_url=api.url, cases_chat=GROUP, cases_topic=9, case_chats=chats)
    async with connect(settings) as bot:
        group = CasesGroup(bot, settings)
        assert await group.find() == str(GROUP)
        assert group.place_of("A", "Ivanova") == Place("1")
        assert group.place_of("B", "ivanova ") == Place("2")
        assert group.place_of("A", None) == Place("3", 5)
        assert group.place_of(None, None) == Place(str(GROUP), 9)


@pytest.mark.parametrize(
    ("telegram", "said"),
    [
        ({"case_chats": [{"chat": -1, "store": "A"}]}, "case_chats: needs cases_chat as well"),
        ({"cases_topic": 4}, "cases_topic: is a topic of cases_chat, which is empty"),
        ({"cases_chat": -5, "cases_topic": -4}, "cases_topic: -4 is no topic"),
        ({"cases_chat": -5, "case_chats": [{"chat": -1}]}, r"case_chats\[1\]: says neither store nor manager"),
        ({"cases_chat": -5, "case_chats": [{"chat": "", "store": "A"}]}, r"case_chats\[1\].chat: is empty"),
        ({"cases_chat": -5, "case_chats": [{"chat": -1, "store": "A", "topic": -1}]}, r"case_chats\[1\].topic: -1"),
        (
            {"cases_chat": -5, "case_chats": [{"chat": -1, "store": "A"}, {"chat": -2, "store": "a"}]},
            r"case_chats\[2\]: is for the same cases as case_chats\[1\]",
        ),
        (
            {"cases_chat": -5, "case_chats": [{"chat": -1, "shop": "A"}]},
            r"unknown setting telegram.case_chats\[1\].shop",
        ),
        ({"cases_chat": -5, "case_chats": {"chat": -1}}, r"write \[\[telegram.case_chats\]\]"),
        ({"cases_chat": -5, "case_chats": [-1]}, r"write \[\[telegram.case_chats\]\]"),
        ({"cases_chat": -5, "case_chats": [{"store": "A"}]}, r"telegram.case_chats.0.chat is missing"),
    ],
)
def test_a_senseless_place_is_named(telegram: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_settings({"telegram": {"token": "1:a", **telegram}}, "config.toml")


async def test_a_group_that_became_a_supergroup_is_followed_for_good(database: Database, api: BotApiServer) -> None:
    async with open_floor(database, api) as floor:
        await floor.answer(3)
        api.migrate(GROUP, NEW)
        await floor.tap("take")
        assert "взято: Ольга" in (floor.said(NEW)[-1].text or ""), "old messages can't be edited: a new card"
        async with database.read() as connection:
            assert await follow_moves(connection, str(GROUP)) == str(NEW)
        calls = len(api.refused)
        await floor.tap_data(f"c:{await floor.case('id')}:contact", message=floor.said(NEW)[-1])
        assert "связь с покупателем: " in (floor.said(NEW)[-1].text or "")
        assert len(floor.said(NEW)) == 1, "the card is edited there"
        assert len(api.refused) == calls, "the old id is not tried again"


async def test_a_move_that_only_sending_tells_is_remembered_too(database: Database, api: BotApiServer) -> None:
    async with open_floor(database, api) as floor:
        api.migrate(GROUP, NEW)
        api.updates.waiting.clear()  # somebody else's webhook swallowed the news
        await floor.answer(3)
        assert len(floor.said(NEW)) == 1
        await floor.answer(4)
        assert len(floor.said(NEW)) == 1, "edited, not repeated"
        async with database.read() as connection:
            assert await follow_moves(connection, str(GROUP)) == str(NEW)


async def test_a_card_that_is_gone_or_too_old_gets_a_successor_that_is_edited_from_then_on(
    database: Database, api: BotApiServer
) -> None:
    async with open_floor(database, api) as floor:
        await floor.answer(3)
        first = floor.card
        api.fail("editMessageText", status=400, description="Bad Request: message can't be edited")
        await floor.tap("take")
        assert len(floor.own) == 2
        assert floor.own[1].extra["reply_to_message"]["message_id"] == first.message_id, "the old one is pointed to"
        await floor.tap_data(f"c:{await floor.case('id')}:contact", message=floor.own[1])
        assert "связь с покупателем: " in (floor.own[1].text or "")
        api.remove(GROUP, floor.own[1].message_id)
        await floor.tap("resolve")
        assert any("решено: Ольга" in (message.text or "") for message in floor.own[1:])


async def test_a_groups_own_limit_holds_up_nobody_else(database: Database, api: BotApiServer) -> None:
    async with open_floor(database, api) as floor:
        api.fail("sendMessage", GROUP, status=429, retry_after=30)
        await floor.answer(3)
        await floor.write_to_bot("/start")
        assert floor.said(ANNA), "a customer is answered at once"
        assert floor.own == []
        await floor.settle(timedelta(seconds=31))
        assert len(floor.own) == 1
