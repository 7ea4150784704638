"""The schema: migrations lead to the models, and what is stored comes back as it was."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import StatementError

from storage.database import Database, DatabaseUnavailable
from storage.models import Base, ClaimedPeriod


async def test_where_a_relative_file_was_looked_for_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatabaseUnavailable) as missing:
        await Database("sqlite+aiosqlite:///molva.db").require_schema()
    assert f"there is no database at {tmp_path / 'molva.db'} yet" in str(missing.value)
    assert f"in the directory that the program was started in, {tmp_path}:" in str(missing.value)
    with pytest.raises(DatabaseUnavailable) as whole:
        await Database(f"sqlite+aiosqlite:///{tmp_path / 'molva.db'}").require_schema()
    assert "started in" not in str(whole.value)


async def test_the_migrations_lead_to_the_models(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_moment_comes_back_aware_and_in_utc(database: Database) -> None:
    moment = datetime(2026, 11, 23, 1, 30, 0, 123456, tzinfo=timezone(timedelta(hours=10)))
    async with database.begin() as connection:
        await connection.execute(insert(ClaimedPeriod).values(job="test", period="1", claimed_at=moment))
    async with database.read() as connection:
        stored = (await connection.execute(select(ClaimedPeriod.claimed_at))).scalar_one()
    assert stored == moment
    assert stored.tzinfo is UTC


async def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 11, 23)  # noqa: DTZ001
    statement = insert(ClaimedPeriod).values(job="test", period="1", claimed_at=naive)
    with pytest.raises(StatementError, match="without a time zone"):
        async with database.begin() as connection:
            await connection.execute(statement)


async def test_an_empty_database_is_told_from_a_ready_one(database: Database, tmp_path: object) -> None:
    await database.require_schema()
    empty = Database(f"sqlite+aiosqlite:///{tmp_path}/other.db")
    with pytest.raises(DatabaseUnavailable, match="molva init"):
        await empty.require_schema()
    await empty.close()
