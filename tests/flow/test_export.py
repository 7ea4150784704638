"""All answers as a file: nothing lost, nothing that a spreadsheet would run."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import insert

from storage.database import Connection, Database
from storage.models import Response
from tests.flow.command import Ran, molva
from tests.flow.world import ask_customer

ANSWERED = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)  # Tuesday the 17th, 00:30, in Moscow
KEYS = {
    "customer", "sale", "score", "category", "comment", "channel", "entered_by", "suspect", "campaign", "answered_at",
}  # fmt: skip


@pytest.fixture
async def config(database: Database, tmp_path: Path) -> Path:
    """Settings of a shop with two answers, one of Tuesday, one (nasty, suspect) of Wednesday."""
    path = tmp_path / "config.toml"
    url = database.url.render_as_string(hide_password=False)
    path.write_text(f"[database]\nurl = {json.dumps(url)}\n")
    async with database.begin() as connection:
        first = await ask_customer(connection, "17", name="Анна")
        rest = {"sale_id": first.sale_id, "comment": "Спасибо,\n«всё» хорошо"}
        await answer(connection, first.customer_id, 9, ANSWERED, **rest)
        nasty = {"comment": '=HYPERLINK("http://evil.test")\x0b', "suspect": "scanner", "entered_by": "@boss"}
        await answer(connection, first.customer_id, 0, ANSWERED.replace(day=17), **nasty)
    return path


async def answer(connection: Connection, customer_id: int, score: int, at: datetime, **values: Any) -> None:
    day = at.replace(day=at.day + 1).date()
    row = {"customer_id": customer_id, "score": score, "channel": "telegram", "answered_at": at, "day": day}
    await connection.execute(insert(Response).values(row | values))


async def export(config: Path, *arguments: str) -> Ran:
    ran = await molva(config, "responses", "export", *arguments)
    assert ran.status == 0, ran.stderr
    return ran


async def test_json_is_a_list_of_whole_answers(config: Path) -> None:
    first, second = json.loads((await export(config, "--format", "json")).stdout)
    assert set(first) >= KEYS
    assert (first["customer"], first["sale"], first["score"], first["category"]) == ("17", "S17", 9, "promoter")
    assert first["comment"] == "Спасибо,\n«всё» хорошо"
    assert first["answered_at"] == "2026-11-17T00:30:00+03:00"
    assert (second["category"], second["suspect"], second["sale"]) == ("detractor", "scanner", None)
    assert second["comment"].startswith("=HYPERLINK")


async def test_csv_opens_in_a_spreadsheet_without_running_anything(config: Path) -> None:
    written = (await export(config, "--format", "csv")).stdout
    assert written.startswith(b"\xef\xbb\xbf")
    first, second = csv.DictReader(io.StringIO(written.decode("utf-8-sig"), newline=""))
    assert (first["comment"], first["score"]) == ("Спасибо,\n«всё» хорошо", "9")
    assert second["comment"].startswith("'=HYPERLINK")
    assert second["entered_by"] == "'@boss"


async def test_xlsx_has_real_numbers_and_local_times_and_no_formula(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    await export(config, "--format", "xlsx", "--out", str(out))
    header, *rows = openpyxl.load_workbook(out)["responses"].iter_rows()
    first, second = ({str(name.value): cell for name, cell in zip(header, row, strict=True)} for row in rows)
    assert first["score"].value == 9
    assert first["answered_at"].value == datetime(2026, 11, 17, 0, 30)  # noqa: DTZ001
    assert second["comment"].data_type == "s"
    assert str(second["comment"].value).startswith("=HYPERLINK")


async def test_days_are_local_and_both_are_included(config: Path) -> None:
    async def scores(*days: str) -> list[int]:
        return [row["score"] for row in json.loads((await export(config, "--format", "json", *days)).stdout)]

    assert await scores("--from", "2026-11-17", "--to", "2026-11-17") == [9]
    assert await scores("--from", "2026-11-18") == [0]
    assert await scores("--to", "2026-11-16") == []


async def test_a_file_takes_its_place_only_when_it_is_whole(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    ran = await export(config, "--format", "csv", "--out", str(out))
    assert ran.stdout == b""
    assert "2 responses" in ran.stderr
    assert sorted(path.name for path in tmp_path.glob("out.csv*")) == ["out.csv"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "xlsx"], "--out"),
        (["--format", "ods"], "ods"),
        (["--format", "csv", "--from", "17.11.2026"], "17.11.2026"),
        (["--format", "csv", "--from", "2026-11-18", "--to", "2026-11-17"], "after"),
        (["--format", "csv", "--out", "/nowhere/at/all.csv"], "/nowhere/at/all.csv"),
    ],
)
async def test_a_wrong_call_is_told_what_is_wrong(config: Path, arguments: list[str], said: str) -> None:
    ran = await molva(config, "responses", "export", *arguments)
    assert ran.status == 2
    assert said in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
