"""The menus of staff as the program sets them when it starts: whom the settings no longer name sees a customer's."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import select

from bot.app import open_app
from bot.channels.settings import TelegramSettings
from bot.config import Settings
from bot.loopback.bot_api import BotApiServer
from bot.web.settings import WebSettings
from storage.database import Database, DatabaseSettings
from storage.models import StaffName
from tests.flow.floor import IVAN, OLGA, OPER, PETR
from tests.flow.world import COMPANY


@asynccontextmanager
async def running(
    database: Database, api: BotApiServer, managers: tuple[int, ...], operators: tuple[int, ...] = ()
) -> AsyncIterator[None]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = Settings(
        database=DatabaseSettings(url=database.shown), company=COMPANY,
        telegram=TelegramSettings(
            token=api.token, api_url=api.url, admins=(PETR,), managers=managers, operators=operators
        ),
        web=WebSettings(port=port, public_url=f"http://127.0.0.1:{port}"),
    )  # fmt: skip
    async with open_app(settings, database):
        yield


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
