"""Where cases are seen to: the people around a group of staff, and one who was asked."""

from collections.abc import AsyncIterator

import pytest

from bot.loopback.bot_api import BotApiServer
from storage.database import Database
from tests.flow.floor import Floor, add_people, open_floor


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    """A Bot API at which all of them have accounts."""
    async with BotApiServer() as server:
        add_people(server)
        yield server


@pytest.fixture
async def floor(database: Database, api: BotApiServer) -> AsyncIterator[Floor]:
    """The shop as its settings are by default."""
    async with open_floor(database, api) as opened:
        yield opened
