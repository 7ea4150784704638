"""Groups that the settings call by their public name: replies there come from the group's number."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from bot.channels.settings import CaseChat
from bot.loopback.bot_api import BotApiServer
from bot.telegram.groups import CasesGroup
from bot.telegram.minding import mind_cases
from scheduler.case_rules import CaseRules
from storage.chat_moves import follow_moves
from storage.database import Database
from storage.models import Case, ChatMove, OutboxMessage
from storage.rates import CHAT
from tests.flow.floor import ANNA, OLGA, Floor, open_floor
from tests.flow.starting import running

TEAM, ABOVE = -1002000, -1003000
DAY = timedelta(days=1)


@pytest.fixture
def api(api: BotApiServer) -> BotApiServer:
    api.add_group(TEAM, "Команда магазина", username="Shop_Team")
    api.add_group(ABOVE, "Дирекция", username="shop_heads")
    return api


@asynccontextmanager
async def open_team(database: Database, api: BotApiServer, **settings: Any) -> AsyncIterator[Floor]:
    """The management chat is a group, called by its name."""
    telegram = {"cases_chat": "", "management_chat": "@shop_team", **settings.pop("telegram", {})}
    async with open_floor(database, api, telegram=telegram, **settings) as floor:
        yield floor


async def reply(floor: Floor, text: str, *, to: int, chat: int = TEAM) -> None:
    floor.api.write(chat, text, user_id=OLGA, reply_to=to)
    await floor.settle()


def told_anna(floor: Floor) -> str:
    return "\n".join(message.text or "" for message in floor.said(ANNA))


async def test_a_reply_to_a_card_reaches_the_customer_and_the_note_is_kept(
    database: Database, api: BotApiServer
) -> None:
    async with open_team(database, api) as floor:
        await floor.answer(3, "Долго ждала")
        (card,) = floor.said(TEAM)
        await reply(floor, "Простите нас!", to=card.message_id)
        assert "Простите нас!" in told_anna(floor)
        await floor.tap_data(f"c:{await floor.case('id')}:resolve", message=card)
        await reply(floor, "Вернули деньги", to=floor.said(TEAM)[-1].message_id)
        assert await floor.case("note") == "Вернули деньги"
        assert "✅" in (card.text or ""), "the card is edited where it stands"


async def test_replies_to_an_overdue_notice_and_to_one_higher_up_reach_the_customer(
    database: Database, api: BotApiServer
) -> None:
    rules = CaseRules(escalation_chat="@Shop_Heads")
    async with open_team(database, api, cases=rules) as floor:
        await floor.answer(3)
        floor.now += 5 * DAY
        assert await mind_cases(database, floor.settings, floor.now) == 2
        await floor.settle()
        overdue, higher = floor.said(TEAM)[-1], floor.said(ABOVE)[-1]
        await reply(floor, "Уже звоним", to=overdue.message_id)
        await reply(floor, "Займусь сам", to=higher.message_id, chat=ABOVE)
        assert "Уже звоним" in told_anna(floor)
        assert "Займусь сам" in told_anna(floor)


async def test_a_reply_to_what_an_older_version_told_under_the_name_is_found(
    database: Database, api: BotApiServer
) -> None:
    async with open_team(database, api) as floor:
        await floor.answer(3)
        async with database.begin() as connection:
            await connection.execute(delete(ChatMove))
            await connection.execute(update(OutboxMessage).values(target="@Shop_team"))
            await connection.execute(update(Case).values(chat="@Shop_team"))
        api.fail("getChat", status=502, description="Bad Gateway", times=None)
        await reply(floor, "Простите нас!", to=floor.said(TEAM)[0].message_id)
        assert "Простите нас!" in told_anna(floor)
        assert "Простите нас!" in (floor.said(TEAM)[0].text or ""), "the card is edited where it stands"


async def test_a_group_that_was_given_another_name_is_the_same_group(database: Database, api: BotApiServer) -> None:
    async with open_team(database, api, telegram={"cases_chat": "@shop_team"}) as floor:
        await floor.answer(3)
        api.chats[TEAM].username = "new_name"
        floor.group = CasesGroup(floor.talk.bot, floor.settings.telegram)  # type: ignore[arg-type]  # a new start
        await reply(floor, "Простите нас!", to=floor.said(TEAM)[0].message_id)
        assert "Простите нас!" in told_anna(floor)
        assert "Простите нас!" in (floor.said(TEAM)[0].text or ""), "the card is still edited"


async def test_its_own_limit_holds_up_nobody_else_and_is_counted_once(database: Database, api: BotApiServer) -> None:
    chats = (CaseChat(chat="@SHOP_TEAM", store="Main"),)
    telegram = {"cases_chat": "@shop_team", "case_chats": chats}
    async with open_team(database, api, telegram=telegram, sale={"store": "Main"}) as floor:
        api.fail("sendMessage", TEAM, status=429, retry_after=30)
        await floor.answer(3)
        await floor.write_to_bot("/start")
        assert floor.said(ANNA), "a customer is answered at once"
        assert floor.said(TEAM) == []
        await floor.settle(timedelta(seconds=31))
        (card,) = floor.said(TEAM)
        await reply(floor, "Простите нас!", to=card.message_id)
        async with database.read() as connection:
            rows = await connection.execute(select(OutboxMessage.target).where(OutboxMessage.key.like("case%")))
            assert set(rows.scalars()) == {str(TEAM), str(ANNA)}
            found = await connection.exec_driver_sql("SELECT resource FROM rate")
            paced = {row.resource for row in found if CHAT in row.resource}
        assert f"telegram{CHAT}{TEAM}" in paced


async def test_the_program_learns_the_groups_number_when_it_starts(database: Database, api: BotApiServer) -> None:
    for name in ("shop_team", "other_name"):  # given another one while the program stands still
        api.chats[TEAM].username = name
        async with running(database, api, management_chat="@Shop_Team"):
            await api.wait_for(lambda: api.descriptions.get(("short_description", "en")))
        api.descriptions.clear()
        async with database.read() as connection:
            assert await follow_moves(connection, "@Shop_Team") == str(TEAM)
