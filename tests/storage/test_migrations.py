"""Upgrading a database that already holds a shop's rows."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage.database import Database, DatabaseUnavailable
from storage.upgrading import head

ROWS = (
    "INSERT INTO campaign (id, name, kind, status, created_at) "
    "VALUES (1, 'daily', 'transactional', 'running', '2026-11-18 12:00:00+00:00')",
    "INSERT INTO address (id, kind, value) VALUES (1, 'telegram', '1001')",
    "INSERT INTO customer (id, external_id, lot, created_at, updated_at) "
    "VALUES (1, '17850', 5, '2026-11-18 12:00:00+00:00', '2026-11-18 12:00:00+00:00')",
    "INSERT INTO invitation (id, token, campaign_id, customer_id, occasion, status, asked, queued_at, send_before, "
    "link_until) VALUES (1, 'token', 1, 1, 'sale:1', 'open', true, '2026-11-18 12:00:00+00:00', "
    "'2026-12-18 12:00:00+00:00', '2027-01-18 12:00:00+00:00')",
    "INSERT INTO delivery (id, invitation_id, kind, channel, address_id, status, attempts, due_at) "
    "VALUES (1, 1, 'question', 'telegram', 1, 'queued', 0, '2026-11-18 12:00:00+00:00')",
)


async def test_deliveries_that_wait_learn_their_campaign(database_url: str, tmp_path: Path) -> None:
    database = await emptied(database_url, tmp_path)
    try:
        assert await database.upgrade("0001") == "0001"
        async with database.begin() as connection:
            for row in ROWS:
                await connection.execute(text(row))
        assert await database.upgrade() == head()
        async with database.read() as connection:
            moved = (await connection.execute(text("SELECT id, campaign_id, status FROM delivery"))).all()
            left = (await connection.execute(text("SELECT name, cooldown_days FROM campaign"))).all()
        assert [tuple(row) for row in moved] == [(1, 1, "queued")]
        assert [tuple(row) for row in left] == [("daily", None)]
    finally:
        await database.close()


async def test_answers_survive_that_they_may_be_nameless(database_url: str, tmp_path: Path) -> None:
    moment = "'2026-11-18 12:00:00+00:00'"
    database = await emptied(database_url, tmp_path)
    try:
        await database.upgrade("0010")
        async with database.begin() as connection:
            for row in (
                ROWS[2],
                "INSERT INTO response (id, customer_id, score, channel, answered_at, day) "
                f"VALUES (1, 1, 3, 'email', {moment}, '2026-11-18')",
                "INSERT INTO response_change (id, response_id, at, score, channel) "
                f"VALUES (1, 1, {moment}, 3, 'email')",
                "INSERT INTO service_case (id, response_id, customer_id, status, opened_at, version, told_version) "
                f"VALUES (1, 1, 1, 'open', {moment}, 1, 0)",
            ):
                await connection.execute(text(row))
        await database.upgrade()
        async with database.begin() as connection:
            kept = (await connection.execute(text("SELECT customer_id, score, source FROM response"))).all()
            assert [tuple(row) for row in kept] == [(1, 3, "letter")]
            with pytest.raises(IntegrityError):
                await connection.execute(text("DELETE FROM response"))
    finally:
        await database.close()


async def test_an_older_schema_is_told_from_a_ready_one(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/older.db")
    try:
        await database.upgrade("0001")
        with pytest.raises(DatabaseUnavailable, match=f"revision 0001, this version needs {head()}: run `molva init`"):
            await database.require_schema()
    finally:
        await database.close()


async def emptied(url: str, folder: Path) -> Database:
    """A database without a table, on the engine of the URL."""
    if url.startswith("sqlite"):
        return Database(f"sqlite+aiosqlite:///{folder}/older.db")
    database = Database(url)
    async with database.begin() as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
    return database
