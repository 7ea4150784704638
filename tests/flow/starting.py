"""The program as it starts, with a Bot API on loopback: what it does before anybody acts."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.app import open_app
from bot.channels.settings import TelegramSettings
from bot.config import Settings
from bot.loopback.bot_api import BotApiServer
from bot.web.settings import WebSettings
from storage.database import Database, DatabaseSettings
from tests.flow.floor import PETR
from tests.flow.world import COMPANY


@asynccontextmanager
async def running(
    database: Database, api: BotApiServer, *, managers: tuple[int, ...] = (), operators: tuple[int, ...] = (),
    management_chat: str = "",
) -> AsyncIterator[None]:  # fmt: skip
    """Petr is the admin."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    telegram = TelegramSettings(
        token=api.token, api_url=api.url, admins=(PETR,), managers=managers, operators=operators,
        management_chat=management_chat,
    )  # fmt: skip
    settings = Settings(
        database=DatabaseSettings(url=database.shown), company=COMPANY, telegram=telegram,
        web=WebSettings(port=port, public_url=f"http://127.0.0.1:{port}"),
    )  # fmt: skip
    async with open_app(settings, database):
        yield
