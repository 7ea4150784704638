"""The menus of staff as the program sets them when it starts: whom the settings no longer name sees a customer's."""

import json

from sqlalchemy import select

from bot.loopback.bot_api import BotApiServer
from storage.database import Database
from storage.models import StaffName
from tests.flow.floor import IVAN, OLGA, OPER, PETR
from tests.flow.starting import running


def has_menu(api: BotApiServer, user: int) -> bool:
    return (json.dumps({"chat_id": user, "type": "chat"}), "") in api.commands


async def test_who_is_taken_out_of_the_settings_loses_the_menu_of_staff(database: Database, api: BotApiServer) -> None:
    async with running(database, api, managers=(OLGA, IVAN), operators=(OPER,)):
        for user in (OLGA, IVAN, OPER):
            api.write(user, "/help")
        await api.wait_for(lambda: all(has_menu(api, user) for user in (OLGA, IVAN, OPER, PETR)))
        await api.wait_for(lambda: len([one for one in api.sent if one.chat_id in (OLGA, IVAN, OPER)]) == 3)
    async with database.read() as connection:
        assert len((await connection.execute(select(StaffName.user_id))).all()) == 3
    async with running(database, api, managers=(IVAN,)):
        await api.wait_for(lambda: not has_menu(api, OLGA) and not has_menu(api, OPER))
        await api.wait_for(lambda: api.descriptions.get(("short_description", "en")))
        assert has_menu(api, IVAN)
        assert has_menu(api, PETR)
