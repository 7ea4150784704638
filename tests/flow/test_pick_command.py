"""`molva pick`: as a person and as a program runs it."""

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.reports.skipping import reason_in_words
from scheduler.asking.rules import SkipReason
from storage.database import Database
from storage.models import Invitation
from tests.flow.command import molva
from tests.flow.world import NOW, add_customer, add_sale

AS_OF = ("--as-of", NOW.isoformat())
SETTINGS = """
[database]
url = "{url}"
[company]
name = "Лавка"
[survey]
channels = ["email", "telegram"]
daily_limit = 2
"""
EMAIL = """
[email]
host = "127.0.0.1"
sender = "Лавка <ask@shop.test>"
"""


async def write_config(database: Database, folder: Path, more: str = EMAIL) -> Path:
    """Three customers with an e-mail address, one of whom said no; one with a chat, one with nothing."""
    async with database.begin() as connection:
        for number in range(1, 6):
            address = {"email": f"c{number}@example.test"} if number < 4 else {}
            chat = {"telegram": "700"} if number == 4 else {}
            customer_id = await add_customer(
                connection, str(number), consent=None if number > 1 else False, **address, **chat
            )
            await add_sale(connection, customer_id, f"S{number}")
    path = folder / "config.toml"
    url = database.url.render_as_string(hide_password=False)
    path.write_text(SETTINGS.format(url=url) + more, encoding="utf-8")
    return path


async def count_invitations(database: Database) -> int:
    async with database.read() as connection:
        return (await connection.execute(select(func.count(Invitation.id)))).scalar_one()


async def test_json_is_one_document_with_every_figure(database: Database, tmp_path: Path) -> None:
    config = await write_config(database, tmp_path)
    ran = await molva(config, "pick", "--json", *AS_OF)
    assert ran.status == 0
    assert json.loads(ran.output) == {
        "eligible": 2,
        "picked": 2,
        "by_channel": {"email": 2},
        "recovery": 0,
        "skipped": {"no_consent": 1, "unreachable": 2},
    }
    assert await count_invitations(database) == 2
    again = await molva(config, "pick", "--json", *AS_OF)
    assert json.loads(again.output)["skipped"] == {"no_consent": 1, "unreachable": 2, "already_asked": 2}


async def test_a_dry_run_says_the_same_and_writes_nothing(database: Database, tmp_path: Path) -> None:
    config = await write_config(database, tmp_path)
    foretold = await molva(config, "pick", "--json", "--dry-run", *AS_OF)
    assert await count_invitations(database) == 0
    assert (await molva(config, "pick", "--json", *AS_OF)).output == foretold.output


async def test_people_get_a_table_in_the_companys_language(database: Database, tmp_path: Path) -> None:
    config = await write_config(database, tmp_path)
    ran = await molva(config, "pick", "--dry-run", *AS_OF)
    assert ran.status == 0
    for line in ("были бы выбраны", "email", "нет согласия", "нет адреса ни в одном включённом канале"):
        assert line in ran.output


async def test_with_no_channel_on_everybody_is_unreachable(database: Database, tmp_path: Path) -> None:
    config = await write_config(database, tmp_path, more="")
    ran = await molva(config, "pick", "--json", *AS_OF)
    assert ran.status == 0
    assert json.loads(ran.output)["skipped"] == {"no_consent": 1, "unreachable": 4}
    assert "ни один канал не включён" in ran.stderr


async def test_times_without_an_offset_are_the_companys(database: Database, tmp_path: Path) -> None:
    """The sale is three days old to the minute at 15:00 in Moscow on the 16th."""
    config = await write_config(database, tmp_path)
    early = await molva(config, "pick", "--dry-run", "--json", "--as-of", "2026-11-16T14:59")
    ripe = await molva(config, "pick", "--dry-run", "--json", "--as-of", "2026-11-16T15:00")
    assert json.loads(early.output)["eligible"] == 0
    assert json.loads(ripe.output)["eligible"] == 2


async def test_a_time_that_is_none_is_wrong_usage(database: Database, tmp_path: Path) -> None:
    ran = await molva(await write_config(database, tmp_path), "pick", "--as-of", "yesterday")
    assert (ran.status, ran.stdout) == (2, b"")
    assert "--as-of" in ran.stderr


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_reason_has_words_of_its_own(language: str) -> None:
    words = {reason_in_words(reason, language) for reason in SkipReason}
    assert len(words) == len(SkipReason)
    assert all(any("а" <= letter <= "я" for letter in one) == (language == "ru") for one in words)
