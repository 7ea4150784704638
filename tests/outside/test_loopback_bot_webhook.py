"""The webhook of the Bot API server on loopback, received by an HTTP server of the test."""

from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from telegram import Bot
from telegram.error import BadRequest, Conflict

from bot.loopback.bot_api import BotApiServer
from bot.web.serving import HttpServer
from tests.outside.loopback_bot import ANNA, make_bot


class Inbox:
    """Answers with the next of its statuses, then 200, and keeps what it was sent."""

    def __init__(self, api: BotApiServer, *statuses: int) -> None:
        self.texts: list[str] = []
        self.secrets: set[str | None] = set()
        self._api = api
        self._statuses = list(statuses)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.texts.append((await request.json())["message"]["text"])
        self.secrets.add(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        await Response(status_code=self._statuses.pop(0) if self._statuses else 200)(scope, receive, send)
        self._api.bell.ring()


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    async with BotApiServer() as server:
        server.add_user(ANNA)
        server.webhook_pause = 0.01
        yield server


@pytest.fixture
async def bot(api: BotApiServer) -> AsyncIterator[Bot]:
    async with make_bot(api) as made:
        yield made


async def test_updates_are_posted_in_order_with_the_secret(api: BotApiServer, bot: Bot) -> None:
    inbox = Inbox(api)
    api.write(ANNA, "before")
    async with HttpServer(inbox) as server:
        await bot.set_webhook(f"{server.url}/telegram", secret_token="s3cret", allowed_updates=["message"])
        api.write(ANNA, "after")
        await api.wait_for(lambda: not api.updates.waiting)
        assert (inbox.texts, inbox.secrets) == (["before", "after"], {"s3cret"})
        assert (await bot.get_webhook_info()).url == f"{server.url}/telegram"
        await bot.delete_webhook()
        api.write(ANNA, "fetched")
        [update] = await bot.get_updates()
    assert update.message
    assert update.message.text == "fetched"
    assert inbox.texts == ["before", "after"]


async def test_an_update_that_was_not_taken_is_posted_again(api: BotApiServer, bot: Bot) -> None:
    inbox = Inbox(api, 500, 403)
    async with HttpServer(inbox) as server:
        await bot.set_webhook(server.url)
        api.write(ANNA, "hello")
        await api.wait_for(lambda: len(inbox.texts) == 3)
        info = await bot.get_webhook_info()
    assert inbox.texts == ["hello"] * 3
    assert info.last_error_message == "Wrong response from the webhook: 403 Forbidden"


async def test_an_update_waits_while_nobody_listens(api: BotApiServer, bot: Bot) -> None:
    async with HttpServer(Inbox(api)) as server:
        closed = server.url
    await bot.set_webhook(closed)
    api.write(ANNA, "hello")
    await api.wait_for(lambda: api.webhook and api.webhook.last_error)
    assert (await bot.get_webhook_info()).pending_update_count == 1


async def test_a_bot_with_a_webhook_may_not_poll(api: BotApiServer, bot: Bot) -> None:
    async with HttpServer(Inbox(api)) as server:
        await bot.set_webhook(server.url)
        with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
            await bot.get_updates()
        with pytest.raises(BadRequest, match="unallowed characters"):
            await bot.set_webhook(server.url, secret_token="no spaces")


async def test_pending_updates_can_be_dropped(api: BotApiServer, bot: Bot) -> None:
    api.write(ANNA, "hello")
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()
