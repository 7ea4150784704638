"""`molva campaigns`: as a person and as a program runs it."""

import json
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from tests.flow.campaigning import asked, fill
from tests.flow.command import molva
from tests.flow.world import NOW

AS_OF = ("--as-of", NOW.isoformat())
SETTINGS = """
[database]
url = "{url}"
[company]
name = "Лавка"
language = "{language}"
[telegram]
token = "1:loopback"
api_url = "http://127.0.0.1:9"
"""


def write_config(database: Database, folder: Path, language: str = "ru") -> Path:
    path = folder / "config.toml"
    url = database.url.render_as_string(hide_password=False)
    path.write_text(SETTINGS.format(url=url, language=language), encoding="utf-8")
    return path


async def test_a_campaign_is_described_looked_at_started_shown_and_cancelled(
    database: Database, tmp_path: Path
) -> None:
    await fill(database, 5)
    config = write_config(database, tmp_path)
    said = ("--from", "2026-11-01", "--min-amount", "500,50", "--sample", "60%", "--question", "en=Would you?")
    foreseen = await figures(config, "create", "spring", *said, "--dry-run", *AS_OF)
    assert (foreseen["id"], foreseen["status"], foreseen["audience"], foreseen["queued"]) == (None, "draft", 5, 3)
    assert foreseen["skipped"] == {"not_sampled": 2}
    assert foreseen["seconds_needed"] == 3 / 25
    assert (await figures(config, "list"))["campaigns"] == []

    kept = await figures(config, "create", "spring", *said, *AS_OF)
    assert kept["filters"] == {"sold_from": "2026-11-01", "amount_from": 50_050, "sample_share": 0.6}
    assert await asked(database) == []

    started = await figures(config, "start", "spring", *AS_OF)
    assert (started["id"], started["status"], started["queued"]) == (kept["id"], "running", 3)
    shown = await figures(config, "show", str(kept["id"]))
    assert (shown["audience"], shown["invitations"], shown["queued"], shown["sent"], shown["answered"]) == (
        5,
        3,
        3,
        0,
        0,
    )
    assert shown["question"] == {"en": "Would you?"}

    assert (await figures(config, "pause", "spring"))["status"] == "paused"
    assert (await figures(config, "resume", "spring"))["status"] == "running"
    ended = await figures(config, "cancel", "spring")
    assert (ended["status"], ended["queued"], ended["cancelled"]) == ("cancelled", 0, 3)
    listed = (await figures(config, "list"))["campaigns"]
    assert [(one["name"], one["status"]) for one in listed] == [("spring", "cancelled")]


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_people_read_tables_in_their_language(database: Database, tmp_path: Path, language: str) -> None:
    await fill(database, 2)
    config = write_config(database, tmp_path, language)
    created = await molva(
        config, "campaigns", "create", "весна", "--store", "Марс", "--last-category", "passive", *AS_OF
    )
    assert created.status == 0
    assert ("встали бы в очередь" if language == "ru" else "would be queued") in created.output
    assert "Марс" in created.stderr, "no sale knows this store"
    shown = await molva(config, "campaigns", "show", "весна")
    assert ("черновик" if language == "ru" else "a draft") in shown.output
    assert "Марс" in shown.output
    assert "весна" in (await molva(config, "campaigns", "list")).output


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("create",), 2, "NAME"),
        (("create", "daily"), 2, "daily"),
        (("create", "a", "--from", "yesterday"), 2, "2026-11-23"),
        (("create", "a", "--from", "2026-11-02", "--to", "2026-11-01"), 2, "--to: it is before --from"),
        (("create", "a", "--as-of", "9999-12-31"), 2, "1990 to 2199"),
        (("create", "a", "--question", "xx=Hi"), 2, "ru or en"),
        (("create", "a", "--min-amount", "much"), 2, "1000.50"),
        (("create", "a", "--min-amount", "1.001"), 2, "RUB"),
        (("create", "a", "--sample", "some"), 2, "20%"),
        (("create", "a", "--sample", "0"), 2, "nobody"),
        (("create", "a", "--attribute", "gold"), 2, "NAME=VALUE"),
        (("create", "a", "--channel", "fax"), 2, "fax"),
        (("create", "a", "--channel", "email"), 2, "[email]"),
        (("create", "a", "--min-amount", "-5"), 2, "--min-amount: it is below zero"),
        (("show", "spring"), 1, "molva campaigns list"),
        (("start", "daily"), 1, "daily"),
        (("cancel", "99"), 1, "99"),
    ],
)
async def test_what_makes_no_sense_is_refused_in_one_line(
    database: Database, tmp_path: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    config = write_config(database, tmp_path, "en")
    ran = await molva(config, "campaigns", *arguments)
    assert (ran.status, ran.stdout) == (status, b"")
    assert said in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


async def test_a_dry_run_says_who_gets_the_usual_question(database: Database, tmp_path: Path) -> None:
    await fill(database, 2, language="en")
    await fill(database, 3, first=10, language="ru")
    await fill(database, 1, first=20)
    config = write_config(database, tmp_path)
    ran = await molva(config, "campaigns", "create", "spring", "--question", "Вернётесь?", "--dry-run", *AS_OF)
    assert ran.status == 0, ran.stderr
    assert "обычный вопрос вместо вашего, потому что на этом языке ваших слов нет: английский 2" in ran.stderr
    both = ("--question", "Вернётесь?", "--question", "en=Will you come again?")
    ran = await molva(config, "campaigns", "create", "spring", *both, "--dry-run", *AS_OF)
    assert "обычный вопрос" not in ran.stderr


async def test_starting_what_runs_already_fails_and_asks_nobody(database: Database, tmp_path: Path) -> None:
    await fill(database, 2)
    config = write_config(database, tmp_path, "en")
    await figures(config, "create", "spring", *AS_OF)
    await figures(config, "start", "spring", *AS_OF)
    again = await molva(config, "campaigns", "start", "spring", *AS_OF)
    assert (again.status, again.stdout) == (1, b"")
    assert "running" in again.stderr
    assert await asked(database) == ["1", "2"]


async def figures(config: Path, *arguments: str) -> dict[str, Any]:
    """The one JSON document of a command that worked."""
    ran = await molva(config, "campaigns", *arguments, "--json")
    assert ran.status == 0, ran.stderr
    return json.loads(ran.output)  # type: ignore[no-any-return]
