"""A PostgreSQL of a test's own, with the whole schema, which may go away and come back."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from storage.database import Database
from tests import postgres


class OwnServer:
    """Restarted as an administrator or a crash does it; its data stay."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """Of its database, for `Database`."""
        uri: str = self._server.get_uri("postgres")
        return "postgresql+asyncpg://" + uri.partition("://")[2]

    async def stop(self, mode: str = "fast") -> None:
        """:param mode: fast: everybody is cut off; immediate: as if it had crashed"""
        stopping = await asyncio.create_subprocess_exec(
            self._server.bin_path / "pg_ctl", "-w", "-D", self._server.pgdata, "-m", mode, "stop",
            user=self._server.system_user, stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert await stopping.wait() == 0

    async def start(self) -> None:
        """Returns once it answers."""
        await asyncio.to_thread(self._server.ensure_postgres_running)


@asynccontextmanager
async def own_server() -> AsyncIterator[OwnServer]:
    """Running, and gone at the end."""
    with tempfile.TemporaryDirectory(prefix="molva-pg-", ignore_cleanup_errors=True) as folder:
        server = await asyncio.to_thread(postgres.start, Path(folder))
        try:
            own = OwnServer(server)
            database = Database(own.url)
            await database.upgrade()
            await database.close()
            yield own
        finally:
            await asyncio.to_thread(server.stop)
