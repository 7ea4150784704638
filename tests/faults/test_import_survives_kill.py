"""An import killed twice in the middle of merging: the same file completes it, as if nothing had happened."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from scheduler.intake.undoing import undo_import
from storage.database import Database
from storage.imports import list_imports
from storage.models import Sale
from tests.flow.taking_in import content, sale, sizes, take_sales, write

SALES = 30_000
KILLS = 2

pytestmark = pytest.mark.system


async def test_an_import_killed_while_merging_is_completed_by_repeating_it(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "sales.csv", [row(number) for number in range(SALES)])
    await take_sales(database, write(tmp_path / "older.csv", [sale(f"S{number}") for number in range(0, SALES, 100)]))
    older = await content(database)
    stood = SALES // 100
    for _ in range(KILLS):
        process = await start(path, database_url)
        standing = await wait_for_more(database, process, stood)
        process.kill()
        await process.wait()
        assert stood < standing < SALES, "killed in the middle"
        stood = standing
    counts = await take_sales(database, path)
    assert (counts.sales, counts.updated, counts.unchanged) == (SALES - SALES // 100, SALES // 100, 0)
    async with database.read() as connection:
        assert [row["status"] for row in await list_imports(connection)] == ["done", "done"]
    await check_like_undisturbed(database, tmp_path)
    await undo_import(database, counts.import_id or 0)
    assert await content(database) == older


def row(number: int) -> dict[str, object]:
    """One sale with a contact."""
    return sale(f"S{number}", str(number % 3000), number, email=f"c{number % 3000}@example.test", store=number % 7)


async def start(path: Path, url: str) -> asyncio.subprocess.Process:
    """`molva sales import` as a process of its own."""
    environment = os.environ | {"MOLVA_DATABASE__URL": url, "MOLVA_CONFIG": ""}
    command = (sys.executable, "-m", "bot", "sales", "import", str(path), "--json")
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(*command, env=environment, cwd=path.parent, stdout=quiet, stderr=quiet)


async def wait_for_more(database: Database, process: asyncio.subprocess.Process, stood: int) -> int:
    """How many sales there are once the process has brought some."""
    while process.returncode is None:
        async with database.read() as connection:
            standing = (await connection.execute(select(func.count()).select_from(Sale))).scalar_one()
        if standing > stood:
            return standing
        await asyncio.sleep(0.002)
    raise AssertionError(f"ended by itself: {process.returncode}")


async def check_like_undisturbed(database: Database, folder: Path) -> None:
    """What the database holds is what the same imports make where nobody disturbs them."""
    calm = Database(f"sqlite+aiosqlite:///{folder / 'calm.db'}")
    await calm.upgrade()
    for name in ("older.csv", "sales.csv"):
        await take_sales(calm, folder / name)
    assert await content(database) == await content(calm)
    assert await sizes(database) == await sizes(calm)
    await calm.close()
