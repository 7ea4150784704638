"""The webhook: updates posted by Telegram over HTTP are stored before they are confirmed, and by nobody else."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from bot.channels.settings import TelegramSettings
from bot.loopback.bot_api import BotApiServer
from bot.pulse import Pulse
from bot.telegram.connection import connect
from bot.telegram.gathering import Gathering
from bot.telegram.webhook import keep_webhook, secret_of
from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from bot.web.webhook import MOST_BODY, SECRET_HEADER, Webhook
from storage.database import Database
from storage.inbox import ReceivedUpdate, count_updates
from storage.models import InboxUpdate, Response
from storage.statuses import InboxStatus
from tests.flow.conversation import Conversation
from tests.flow.world import COMPANY, NOW, POLICY, ask_customer

SECRET = secret_of("1:token")


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    async with BotApiServer() as server:
        server.webhook_pause = 0.01
        server.add_user(1001)
        yield server


@pytest.fixture
async def pages(database: Database) -> AsyncIterator[HttpServer]:
    async with HttpServer(application(database, SECRET)) as server:
        yield server


@pytest.fixture
async def client(pages: HttpServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=pages.url, headers={SECRET_HEADER: SECRET}) as opened:
        yield opened


def application(database: Database, secret: str) -> Starlette:
    async def health() -> dict[str, str]:
        return {}

    webhook = Webhook(database, secret, lambda: None, lambda: NOW)
    web = WebSettings(public_url="https://nps.example.test/molva")
    return build_web(database, web=web, company=COMPANY, survey=POLICY, now=lambda: NOW, health=health, webhook=webhook)


async def stored(database: Database) -> list[int]:
    async with database.read() as connection:
        return list((await connection.execute(select(InboxUpdate.update_id).order_by(InboxUpdate.position))).scalars())


async def test_an_update_is_stored_once_however_often_it_comes(client: httpx.AsyncClient, database: Database) -> None:
    for number in (7, 7, 3):
        answer = await client.post("/telegram", json={"update_id": number, "message": {"chat": {"id": 5}}})
        assert (answer.status_code, answer.content) == (200, b"")
    assert (await client.post("/molva/telegram", json={"update_id": 8})).status_code == 200
    assert await stored(database) == [7, 3, 8]


@pytest.mark.parametrize("secret", ["", "wrong", SECRET[:-1], SECRET + "0", "é"])
async def test_without_the_secret_nothing_is_taken(client: httpx.AsyncClient, database: Database, secret: str) -> None:
    headers = {SECRET_HEADER: secret.encode("latin-1")}
    answer = await client.post("/telegram", json={"update_id": 7}, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 403
    assert await stored(database) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b" " * (MOST_BODY + 1), 413),
        (b"[]", 200),  # no update: nothing to store, and nothing that a repetition would mend
        (b'{"update_id": "seven"}', 200),
    ],
)
async def test_what_is_no_update_is_bounded_and_stored_nowhere(
    client: httpx.AsyncClient, database: Database, body: bytes, status: int
) -> None:
    assert (await client.post("/telegram", content=body)).status_code == status
    assert await stored(database) == []


async def test_what_no_database_takes_is_confirmed_so_that_it_does_not_come_for_ever(
    client: httpx.AsyncClient, database: Database
) -> None:
    odd = b'{"update_id": 10, "x": "\\u0000 \\ud800"}'
    for body in (b'{"update_id": 99999999999999999999999}', b'{"update_id": 9, "x": NaN}', odd):
        assert (await client.post("/telegram", content=body)).status_code == 200
    assert await stored(database) == [9, 10]
    async with database.read() as connection:
        assert await count_updates(connection) == {InboxStatus.DEAD: 1, InboxStatus.PENDING: 1}


async def test_only_posting_is_possible(client: httpx.AsyncClient) -> None:
    assert (await client.get("/telegram")).status_code == 405


async def test_a_tap_comes_in_by_the_webhook_and_the_webhook_comes_back(database: Database, api: BotApiServer) -> None:
    settings = TelegramSettings(token=api.token, api_url=api.url, mode="webhook")
    async with connect(settings) as bot, HttpServer(application(database, secret_of(api.token))) as server:
        keeping = asyncio.create_task(keep_webhook(bot, f"{server.url}/telegram", lambda _wrong: None))
        try:
            async with asyncio.timeout(10):
                while not (await bot.get_webhook_info()).url:  # noqa: ASYNC110  Telegram tells nobody
                    await asyncio.sleep(0.01)
            async with database.begin() as connection:
                token = (await ask_customer(connection)).token
            talk = Conversation(database, api, bot)
            question = await talk.ask(token)
            api.tap(1001, question.message_id, f"s:{token}:9")
            async with asyncio.timeout(10):
                while not await stored(database):  # noqa: ASYNC110  nor does the database
                    await asyncio.sleep(0.01)
            assert await talk.inbox.process_pending(NOW) == 1
            await talk.inbox.acknowledgements.finish()
            assert (await bot.get_webhook_info()).url == f"{server.url}/telegram"
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
    async with database.read() as connection:
        assert (await connection.execute(select(Response.score))).scalars().all() == [9]


async def test_a_webhook_that_the_bot_api_refuses_is_said_by_healthz_until_it_is_taken(
    database: Database, api: BotApiServer
) -> None:
    settings = TelegramSettings(token=api.token, api_url=api.url, mode="webhook")
    pulse, told = Pulse(database), asyncio.Event()

    def note(wrong: str) -> None:
        pulse.note("webhook", wrong)
        told.set()

    async with connect(settings) as bot, HttpServer(application(database, SECRET)) as server:
        api.fail("setWebhook", status=400, description="Bad Request: bad webhook: an https url must be provided")
        keeping = asyncio.create_task(keep_webhook(bot, f"{server.url}/telegram", note), name="webhook")
        pulse.mind(keeping)
        try:
            reports = []
            for _ in range(2):
                async with asyncio.timeout(10):
                    await told.wait()
                told.clear()
                reports.append((await pulse.report())["webhook"])
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
    assert f"{server.url}/telegram" in reports[0]
    assert "an https url must be provided" in reports[0]
    assert reports[1] == ""


def test_the_secret_is_the_tokens_own_and_telegram_takes_it() -> None:
    assert secret_of("1:token") != secret_of("2:token")
    assert 1 <= len(SECRET) <= 256
    assert SECRET.isalnum()


async def test_what_is_posted_at_the_same_time_is_stored_whole_each_confirmed_for_itself(
    client: httpx.AsyncClient, database: Database
) -> None:
    posts = [{"update_id": number, "message": {"chat": {"id": number % 7}}} for number in range(1, 61)]
    answers = await asyncio.gather(*(client.post("/telegram", json=post) for post in posts))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(await stored(database)) == list(range(1, 61))


async def test_where_nothing_can_be_stored_nothing_is_confirmed_and_later_posts_are(database: Database) -> None:
    gathering = Gathering(database)
    impossible = ReceivedUpdate(update_id=2**80, chat="1", body={})
    possible = [ReceivedUpdate(update_id=number, chat="1", body={}) for number in (1, 2)]
    results = await asyncio.gather(
        *(gathering.store([one], NOW) for one in (possible[0], impossible, possible[1])), return_exceptions=True
    )
    assert [result is None for result in results] == [True, False, True]
    assert await stored(database) == [1, 2]
