"""Somebody who opens a page, looks at it and sends its form."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import httpx

from bot.web.stamps import Stamps
from storage.database import Database
from tests.flow.world import NOW

READING = timedelta(seconds=10)


class Visitor(httpx.AsyncClient):
    """`fill_in` sends the form of the page of a letter's link; `post` sends what no page of ours has made."""

    def __init__(self, database: Database, url: str, now: Callable[[], datetime] = lambda: NOW) -> None:
        super().__init__(base_url=url)
        self._stamps, self._now = Stamps(database), now

    async def fill_in(self, path: str, form: Mapping[str, str | int]) -> httpx.Response:
        """The form of a page that was opened a while ago."""
        token = path.partition("?")[0].rpartition("/")[2]
        stamp = await self._stamps.make(token, self._now() - READING)
        return await self.post(path, data={"stamp": stamp, **form})
