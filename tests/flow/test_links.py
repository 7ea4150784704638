"""Links into the chat: one a customer, good for one chat, on receipts and parcels."""

import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from scheduler.erasing import forget_customer
from storage.database import Database
from storage.models import Address, Customer, CustomerLink
from tests.flow.command import Ran, molva
from tests.flow.conversation import Conversation
from tests.flow.world import NOW, add_customer


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    async with BotApiServer(username="lavka_bot") as server:
        for chat in (1001, 1002):
            server.add_user(chat)
        yield server


@pytest.fixture
async def talk(database: Database, api: BotApiServer) -> AsyncIterator[Conversation]:
    async with connect(TelegramSettings(token=api.token, api_url=api.url)) as bot:
        yield Conversation(database, api, bot)


@pytest.fixture
def config(tmp_path: Path, database_url: str, api: BotApiServer) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        f'[database]\nurl = "{database_url}"\n[telegram]\ntoken = "{api.token}"\napi_url = "{api.url}"\n',
        encoding="utf-8",
    )
    return path


async def add_customers(database: Database, **values: object) -> None:
    async with database.begin() as connection:
        for number, name in (("1", "Анна"), ("2", "=cmd()"), ("a/b", None), ("a?b", "$x^2$")):
            await add_customer(connection, number, name=name)
        await add_customer(connection, "5", telegram="1005")


async def test_a_customer_has_one_link_for_ever(config: Path, database: Database) -> None:
    await add_customers(database)
    made = [json.loads((await links(config, "create", "1", "--json")).output) for _ in range(2)]
    assert made[0] == made[1]
    assert (made[0]["customer"], made[0]["joined"]) == ("1", False)
    assert made[0]["link"].startswith("https://t.me/lavka_bot?start=")
    async with database.read() as connection:
        [token] = (await connection.execute(select(CustomerLink.token))).scalars()
    assert made[0]["link"].endswith(f"start={token}")
    assert len(token) == 22


async def test_who_opens_the_link_is_joined_and_nobody_after_them(
    config: Path, database: Database, api: BotApiServer, talk: Conversation
) -> None:
    await add_customers(database)
    link = json.loads((await links(config, "create", "1", "--json")).output)["link"]
    token = link.partition("start=")[2]
    api.write(1001, f"/start {token}")
    await talk.settle()
    assert "После покупки" in talk.texts()[-1]
    api.write(1002, f"/start {token}")
    await talk.settle()
    assert "другому покупателю" in talk.texts(1002)[-1]
    api.write(1001, f"/start {token}")
    await talk.settle()
    assert "После покупки" in talk.texts()[-1], "their own link keeps working"
    async with database.read() as connection:
        joined = select(Customer.external_id).join(Address, Address.id == Customer.telegram_address_id)
        assert (await connection.execute(joined.where(Address.value == "1001"))).scalar_one() == "1"
        assert (await connection.execute(joined.where(Address.value == "1002"))).scalar_one_or_none() is None


async def test_all_links_as_rows_pictures_and_sheets(config: Path, database: Database, tmp_path: Path) -> None:
    await add_customers(database)
    assert (await links(config, "export", "--out", str(tmp_path / "links.csv"))).status == 0
    with (tmp_path / "links.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["customer"] for row in rows] == ["1", "2", "a/b", "a?b"], "who is in the chat needs none"
    assert rows[1]["customer_name"] == "'=cmd()", "no formula for a spreadsheet"
    assert len({row["link"] for row in rows}) == 4

    pictures = tmp_path / "codes"
    written = json.loads((await links(config, "export", "--format", "png", "--out", str(pictures), "--json")).output)
    assert written["links"] == 4
    assert sorted(path.name for path in pictures.iterdir()) == ["1.png", "2.png", "a_b-2.png", "a_b.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures.iterdir())

    sheet = tmp_path / "codes.pdf"
    said = await links(config, "export", "--format", "pdf", "--out", str(sheet), "--all", "--json")
    assert json.loads(said.output)["links"] == 5
    assert sheet.read_bytes().startswith(b"%PDF")


async def test_nobody_who_was_erased_gets_a_link(config: Path, database: Database, tmp_path: Path) -> None:
    await add_customers(database)
    async with database.begin() as connection:
        await forget_customer(connection, number="1", now=NOW)
    assert (await links(config, "export", "--all", "--out", str(tmp_path / "links.csv"))).status == 0
    assert "erased" not in (tmp_path / "links.csv").read_text(encoding="utf-8")
    async with database.read() as connection:
        [gone] = (await connection.execute(select(Customer.external_id).where(Customer.consent.is_(False)))).scalars()
    assert (await links(config, "create", gone)).status == 1


async def test_a_person_sees_the_code_on_the_terminal_or_as_a_picture(
    config: Path, database: Database, tmp_path: Path
) -> None:
    await add_customers(database)
    shown = (await links(config, "create", "1")).output
    assert "https://t.me/lavka_bot?start=" in shown
    assert "▀" in shown or "▄" in shown
    picture = tmp_path / "code.png"
    assert (await links(config, "create", "5", "--png", str(picture))).status == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


async def test_what_cannot_be_is_told_in_one_line(config: Path, database: Database, tmp_path: Path) -> None:
    unknown = await links(config, "create", "99")
    assert (unknown.status, unknown.stdout) == (1, b"")
    assert "99" in unknown.stderr
    nowhere = await links(config, "export", "--out", str(tmp_path / "no" / "links.csv"))
    assert (nowhere.status, nowhere.stderr.count("\n")) == (1, 1)
    off = tmp_path / "off.toml"
    off.write_text(config.read_text(encoding="utf-8").partition("[telegram]")[0], encoding="utf-8")
    refused = await links(off, "create", "1")
    assert refused.status == 2
    assert "[telegram]" in refused.stderr


async def links(config: Path, *arguments: str) -> Ran:
    return await molva(config, "links", *arguments)
