"""`molva letters`: the letter in the shop's own look, as a file and sent to oneself; it asks nobody."""

import json
from collections.abc import AsyncIterator
from email import policy as policies
from email.parser import BytesParser
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.config import ConfigError, parse_settings
from bot.links import TEST_TOKEN
from bot.loopback.mail_server import MailServer
from storage.database import Database
from storage.models import Delivery, Invitation, Response
from tests.flow.command import molva
from tests.flow.world import add_customer

LOGO = Path(__file__).parents[1] / "data" / "logo.png"


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with MailServer() as server:
        yield server


@pytest.fixture
async def config(tmp_path: Path, database: Database, database_url: str, mail: MailServer) -> Path:
    async with database.begin() as connection:
        await add_customer(connection, "17", name="Анна <b>", email="anna@example.test", language="ru")
    path = tmp_path / "config.toml"
    path.write_text(
        f"""
        [database]
        url = "{database_url}"
        [company]
        name = "Лавка"
        address = "Москва, ул. Ленина, 1"
        [email]
        host = "{mail.host}"
        port = {mail.port}
        security = "none"
        sender = "Лавка <ask@shop.test>"
        [web]
        public_url = "https://nps.example.test"
        [letters]
        logo = '{LOGO}'
        button = "#203a5f"
        button_text = "#ffffff"
        privacy_url = "https://shop.test/privacy"
        subject.ru = "{{company}}: как вам?"
        greeting.ru = "Привет, {{name}}!"
        closing.ru = "Ваша Лавка"
        privacy.ru = "Храним два года."
        """,
        encoding="utf-8",
    )
    return path


async def count_rows(database: Database) -> list[int]:
    async with database.read() as connection:
        return [
            (await connection.execute(select(func.count()).select_from(model))).scalar_one()
            for model in (Invitation, Delivery, Response)
        ]


async def test_a_preview_shows_the_letter_as_page_text_or_whole(
    database: Database, config: Path, tmp_path: Path
) -> None:
    files = [tmp_path / f"letter.{ending}" for ending in ("html", "txt", "eml")]
    for file in files:
        ran = await molva(config, "letters", "preview", "17", "--out", str(file), "--json")
        assert (ran.status, json.loads(ran.output)) == (0, {"file": str(file)})
    page, text, whole = (file.read_bytes() for file in files)
    for said in ("Привет, Анна &lt;b&gt;!", "Ваша Лавка", "Храним два года.", "#203a5f", "data:image/png;base64,"):
        assert said in page.decode()
    for said in ("Привет, Анна <b>!", "Ваша Лавка", "Москва, ул. Ленина, 1", "https://shop.test/privacy", TEST_TOKEN):
        assert said in text.decode()
    letter = BytesParser(policy=policies.default).parsebytes(whole)
    assert (letter["Subject"], letter["To"].addresses[0].addr_spec) == ("Лавка: как вам?", "anna@example.test")
    assert await count_rows(database) == [0, 0, 0]


async def test_a_preview_says_what_it_cannot_do(config: Path, tmp_path: Path) -> None:
    nobody = await molva(config, "letters", "preview", "99", "--out", str(tmp_path / "a.html"))
    assert (nobody.status, "99" in nobody.stderr) == (1, True)
    picture = await molva(config, "letters", "preview", "17", "--out", str(tmp_path / "a.png"))
    assert (picture.status, ".html, .txt" in picture.stderr) == (2, True)
    nowhere = await molva(config, "letters", "preview", "17", "--out", str(tmp_path / "no" / "a.html"))
    assert nowhere.status == 1


async def test_a_test_letter_arrives_says_so_and_stores_nothing(
    database: Database, config: Path, mail: MailServer
) -> None:
    for _ in range(2):
        ran = await molva(config, "letters", "test", "boss@shop.test", "--customer", "17", "--json")
        assert ran.status == 0, ran.stderr
    assert [letter.rcpt_tos for letter in mail.letters] == [("boss@shop.test",)] * 2
    first, second = (letter.message for letter in mail.letters)
    assert first["Subject"] == "[Проверка] Лавка: как вам?"
    assert first["Message-ID"] != second["Message-ID"] == json.loads(ran.output)["message_id"]
    body = first.get_body(("plain",))
    assert body is not None
    assert body.get_content().startswith("Это проверочное письмо")
    assert f"/r/{TEST_TOKEN}?score=9" in body.get_content()
    assert await count_rows(database) == [0, 0, 0]


async def test_a_refused_test_letter_says_why(config: Path, mail: MailServer) -> None:
    mail.refuse("gone@shop.test")
    ran = await molva(config, "letters", "test", "gone@shop.test")
    assert (ran.status, "gone@shop.test" in ran.stderr) == (1, True)


@pytest.mark.parametrize("address", ["no address", "x@y", "@shop.test", "boss@", "a@b@shop.test", ""])
async def test_what_cannot_be_an_address_gets_no_test_letter(config: Path, mail: MailServer, address: str) -> None:
    ran = await molva(config, "letters", "test", address)
    assert (ran.status, f"{address} — не адрес" in ran.stderr) == (1, True)
    assert mail.letters == []


@pytest.mark.parametrize(
    ("letters", "said"),
    [
        ({"button_text": "#999999"}, "letters.button_text: #999999 on letters.button #dfe6ef is hard to read"),
        ({"muted": "#777777"}, "letters.muted: #777777 on letters.card #ffffff .* contrast 4.48 : 1"),
        ({"card": "white"}, "letters.card: 'white' is no colour: write it as #1b6ac9"),
        ({"logo": "http://shop.test/logo.png"}, "letters.logo: .* must begin with https://"),
        ({"logo": "nowhere.png"}, "letters.logo: nowhere.png cannot be used: No such file"),
        ({"logo": __file__}, "letters.logo: .* cannot be used: it is no PNG, JPEG or GIF"),
        ({"logo_width": 0}, "letters.logo_width: 0 must be from 16"),
        ({"privacy_url": "shop.test"}, "letters.privacy_url: .* must begin with https://"),
        ({"subject": {"de": "x"}}, "letters.subject.de: is not spoken here"),
        ({"subject": {"ru": "x" * 151}}, "letters.subject.ru: has 151 characters"),
    ],
)  # fmt: skip
def test_a_look_that_cannot_be_is_refused(letters: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_settings({"letters": letters}, "config.toml")
