"""The main job on both engines, over HTTP and SMTP: sales in, question out, answer back, digest posted."""

import io
import logging
import re
import socket
import urllib.parse
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from bot.app import open_app
from bot.channels.settings import EmailSettings, TelegramSettings
from bot.config import Settings
from bot.demo.play import SetClock
from bot.logs import OURS, TextLines
from bot.loopback.bot_api import BotApiServer
from bot.loopback.mail_server import MailServer
from bot.loopback.messages import Sent
from bot.steps import App
from bot.web.settings import WebSettings
from scheduler.asking.policy import Policy
from scheduler.company import Company
from scheduler.figures.digest import digest_of_week
from scheduler.figures.periods import Week
from scheduler.intake.customers import CustomersFile, import_customers
from scheduler.intake.listening import Listener
from scheduler.intake.sales import SalesFile, import_sales
from scheduler.schedule import DigestSchedule
from storage.database import Database, DatabaseSettings
from storage.models import Customer, Delivery, Invitation, Response, Sale
from storage.outbox import count_messages
from storage.statuses import OutboxStatus

CHANNEL = -100500
WEDNESDAY = datetime.fromisoformat("2026-11-18T12:00:00+03:00")
MONDAY = datetime.fromisoformat("2026-11-23T09:00:00+03:00")
SALES = """\
sale_id,sold_at,customer_id,amount,product,returns_sale
S1,2026-11-10 12:00,1,1500.50,Чай,
S2,2026-11-11 12:00,2,300,Кофе,
S3,2026-11-11 13:00,3,990,Кофе,
S4,2026-11-12 10:00,4,990,Чашка,
R4,2026-11-13 10:00,4,-990,Чашка,S4
S5,2026-11-17 10:00,5,100,Чай,
S6,2026-11-12 10:00,6,100,Чай,
"""
CUSTOMERS = """\
customer_id,customer_name,telegram_id,email,language
1,Анна,101,anna@example.test,ru
2,Boris,,boris@example.test,en
3,Вера,,gone@example.test,ru
4,Глеб,104,,ru
5,Дина,105,,ru
6,Анна же,,anna@example.test,ru
"""


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    async with BotApiServer() as server:
        server.add_channel(CHANNEL, "Директорская")
        server.add_user(101)
        yield server


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with MailServer() as server:
        server.refuse("gone@example.test")
        yield server


@pytest.fixture
def now() -> SetClock:
    return SetClock(WEDNESDAY)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that the program logs, from the least level on, as `molva run` writes it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(TextLines())
    before = {name: logging.getLogger(name).level for name in OURS}
    logging.getLogger().addHandler(handler)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield written
    logging.getLogger().removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
async def app(database: Database, api: BotApiServer, mail: MailServer, now: SetClock) -> AsyncIterator[App]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = Settings(
        database=DatabaseSettings(url=database.shown),
        company=Company(name="Лавка"),
        telegram=TelegramSettings(token=api.token, api_url=api.url, management_chat=CHANNEL),
        email=EmailSettings(host=mail.host, port=mail.port, security="none", sender="Лавка <shop@example.test>"),
        web=WebSettings(port=port, public_url=f"http://127.0.0.1:{port}"),
        survey=Policy(),
        digest=DigestSchedule(email_to=("boss@example.test",)),
    )
    async with open_app(settings, database, now) as opened:
        yield opened


async def bring_in(app: App, folder: Path) -> None:
    sales, customers = folder / "sales.csv", folder / "customers.csv"
    sales.write_text(SALES, encoding="utf-8")
    customers.write_text(CUSTOMERS, encoding="utf-8")
    company = app.settings.company
    await import_sales(app.database, SalesFile(path=sales), company, WEDNESDAY, Listener())
    await import_customers(app.database, CustomersFile(path=customers), company, WEDNESDAY, Listener())
    async with app.database.begin() as connection:
        await connection.execute(update(Customer).values(lot=1))  # the draw follows the order of the file


async def test_from_the_sale_to_the_digest(
    app: App, api: BotApiServer, mail: MailServer, now: SetClock, *, log: io.StringIO, tmp_path: Path
) -> None:
    await bring_in(app, tmp_path)
    picked = await app.pick()
    assert (picked.eligible, picked.picked, dict(picked.by_channel)) == (3, 3, {"telegram": 1, "email": 2})
    assert {str(reason): number for reason, number in picked.skipped.items()} == {"same_person": 1, "returned": 1}
    sent = await app.send()
    assert (sent.sent, sent.undeliverable, sent.unknown) == (2, 1, 0)
    assert (await app.pick()).picked == 0

    question = next(message for message in api.sent if message.chat_id == 101)
    nine = next(button for button in question.buttons if button["text"] == "9")
    assert re.fullmatch(r"s:[A-Za-z0-9_-]{20,}:9", nine["callback_data"])
    api.tap(101, question.message_id, nine["callback_data"])
    api.tap(101, question.message_id, nine["callback_data"])
    await api.wait_for(lambda: len(replies(api)) == 1)
    api.write(101, "Вкусный чай")
    await api.wait_for(lambda: len(replies(api)) == 2)
    assert "9" in (api.current_text(101, question.message_id) or "").partition("✓")[2]
    assert len(api.answered) == 2

    await answer_by_letter(mail, now, "boris@example.test", score=3, comment="Too <b>slow</b>")
    assert await stored(app.database) == [("S1", 9, "Вкусный чай", "telegram"), ("S2", 3, "Too <b>slow</b>", "email")]

    now.moment = MONDAY
    await app.post_digest()
    await app.post_digest()
    await api.wait_for(lambda: any(message.photo for message in api.sent if message.chat_id == CHANNEL))
    await mail.wait_for(lambda: mail.letters_to("boss@example.test"))
    await until_told(app)
    posts = [message for message in api.sent if message.chat_id == CHANNEL]
    assert sum(message.photo is not None for message in posts) == 1
    assert "Too <b>slow</b>" in "\n".join(message.text or message.caption or "" for message in posts)
    assert len(mail.letters_to("boss@example.test")) == 1
    async with app.database.read() as connection:
        digest = await digest_of_week(connection, app.settings.company, Week.parse("2026-W47"), MONDAY)
    assert (digest.now.counts.n, digest.now.counts.nps, digest.now.reach.sent) == (2, 0.0, 2)
    await expect_nothing_personal(app.database, api, log.getvalue())


async def expect_nothing_personal(database: Database, api: BotApiServer, log: str) -> None:
    """A batch is told in one line; nobody is named, no comment quoted, no token spelt out."""
    batches = [line for line in log.splitlines() if " event=batch " in line]
    assert {"channel=telegram", "channel=email"} <= {word for line in batches for word in line.split()}
    assert all("campaign=daily" in line and " sent=1 " in line for line in batches)
    async with database.read() as connection:
        tokens = (await connection.execute(select(Invitation.token))).scalars().all()
    assert tokens
    for own in (*tokens, "Анна", "Boris", "Вера", "example.test", "чай", "slow", "101", "104", "105", api.token):
        assert own not in re.sub(r"time=\S+ |seconds=\S+ |rate=\S+", "", log)


async def test_the_pages_and_health_answer_while_it_runs(app: App) -> None:
    async with httpx.AsyncClient(base_url=app.settings.web.base) as client:
        health = await client.get("/healthz")
        assert health.json()["status"] == "ok", health.text
        assert set(health.json()["parts"]) >= {"database", "telling", "polling", "processing"}
        assert (await client.get("/r/forged")).status_code == 404
        metrics = await client.get("/metrics")
        assert metrics.status_code == 200
        assert "molva_senders 1.0" in metrics.text
        assert 'molva_step_well{step="telling"} 1.0' in metrics.text


async def test_a_missed_digest_and_round_are_made_up_for_at_the_start(
    app: App, api: BotApiServer, now: SetClock, tmp_path: Path
) -> None:
    await bring_in(app, tmp_path)
    await app.catch_up()
    assert app.pulse.steps["pick"].succeeded is not None, "/status says when the daily round was"
    async with app.database.read() as connection:
        assert len((await connection.execute(select(Delivery.id))).all()) == 3
    assert await posts_in(app, api) == 0, "nothing from before the first invitation"
    now.moment = MONDAY
    await app.catch_up()
    await app.catch_up()
    assert await posts_in(app, api) == 1


async def posts_in(app: App, api: BotApiServer) -> int:
    app.outbox_waits.set()
    await until_told(app)
    return sum(message.photo is not None for message in api.sent if message.chat_id == CHANNEL)


async def until_told(app: App) -> None:
    while True:
        async with app.database.read() as connection:
            counts = await count_messages(connection)
        if not counts.get(OutboxStatus.QUEUED):
            return
        await app.tell()


async def answer_by_letter(mail: MailServer, now: SetClock, address: str, *, score: int, comment: str) -> None:
    """Opens the letter's link as its reader would, and posts the form."""
    (letter,) = mail.letters_to(address)
    body = letter.message.get_body(("html",))
    assert body is not None
    links = re.findall(r'href="(http[^"]+/r/[^"]+)"', body.get_content())
    assert [urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)["score"] for link in links] == [
        [str(number)] for number in range(11)
    ]
    async with httpx.AsyncClient() as client:
        page = await client.get(links[score])
        assert f'value="{score}" required checked' in page.text
        found = re.search(r'name="stamp" value="([^"]+)"', page.text)
        assert found
        now.moment += timedelta(minutes=1)
        form = {"stamp": found[1], "score": str(score), "comment": comment}
        posted = await client.post(links[score], data=form)
        assert posted.status_code == 200


async def stored(database: Database) -> list[tuple[Any, ...]]:
    statement = (
        select(Sale.external_id, Response.score, Response.comment, Response.channel)
        .join_from(Response, Sale, Response.sale_id == Sale.id)
        .order_by(Sale.external_id)
    )
    async with database.read() as connection:
        return [tuple(row) for row in await connection.execute(statement)]


def replies(api: BotApiServer) -> list[Sent]:
    """What the bot said in the chat after the question."""
    return [message for message in api.sent if message.chat_id == 101 and message.method == "sendMessage"][1:]
