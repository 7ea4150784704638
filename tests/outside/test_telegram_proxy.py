"""telegram.proxy: everything of the bot goes through it, and nothing beside it."""

from collections.abc import AsyncIterator

import pytest
from telegram.error import NetworkError

from bot.channels.settings import TelegramSettings
from bot.config import ConfigError, parse_settings
from bot.loopback.bot_api import BotApiServer
from bot.telegram.connection import connect
from tests.outside.loopback_bot import ANNA
from tests.outside.proxies import CERTIFICATE, run_proxy, speak_tls


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    async with BotApiServer(paid_broadcast=True) as server:
        server.add_user(ANNA)
        yield server


@pytest.fixture(params=["httpx", "aiohttp"])
def is_fast(request: pytest.FixtureRequest) -> bool:
    """Whether questions go over the connections for paid broadcasts."""
    return bool(request.param == "aiohttp")


def settings(api: BotApiServer, url: str, proxy: str, *, is_fast: bool) -> TelegramSettings:
    return TelegramSettings(token=api.token, api_url=url, proxy=proxy, allow_paid_broadcast=is_fast)


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_questions_and_updates_go_through_the_proxy(api: BotApiServer, is_fast: bool, kind: str) -> None:
    async with run_proxy(kind) as proxy:
        told = settings(api, api.url, f"{kind}://127.0.0.1:{proxy.port}", is_fast=is_fast)
        async with connect(told) as bot:
            await bot.send_message(ANNA, "Здравствуйте")
            api.write(ANNA, "да")
            [update] = await bot.fetch_raw_updates(None, 0)
    assert update["message"]["text"] == "да"
    assert [message.text for message in api.messages(ANNA)] == ["Здравствуйте", "да"]
    assert len(proxy.seen) >= 2, "a connection for questions, another for updates"
    port = api.url.rpartition(":")[2]
    assert all(one.endswith(f"127.0.0.1:{port}") for one in proxy.seen)


async def test_over_tls_the_proxy_sees_neither_token_nor_words(
    api: BotApiServer, is_fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    async with speak_tls(int(api.url.rpartition(":")[2])) as port, run_proxy("http", "shop:s3cret") as proxy:
        through = f"http://shop:s3cret@127.0.0.1:{proxy.port}"
        async with connect(settings(api, f"https://localhost:{port}", through, is_fast=is_fast)) as bot:
            await bot.send_message(ANNA, "Здравствуйте")
            await bot.fetch_raw_updates(None, 0)
    assert [message.text for message in api.messages(ANNA)] == ["Здравствуйте"]
    assert set(proxy.seen) == {f"CONNECT localhost:{port}"}


async def test_a_proxy_that_wants_another_password_lets_nothing_through(api: BotApiServer, is_fast: bool) -> None:
    async with run_proxy("http", "shop:s3cret") as proxy:
        through = f"http://shop:wrong@127.0.0.1:{proxy.port}"
        async with connect(settings(api, api.url, through, is_fast=is_fast)) as bot:
            with pytest.raises(NetworkError) as refused:
                await bot.send_message(ANNA, "Здравствуйте")
    assert proxy.refused
    assert proxy.seen == []
    assert api.messages(ANNA) == []
    assert bot.token not in str(refused.value)


@pytest.mark.parametrize("nonsense", ["ftp://127.0.0.1:1", "127.0.0.1:3128", "http://", "socks5://", "http://[::1"])
def test_what_is_no_proxy_is_an_error_of_the_settings(nonsense: str) -> None:
    with pytest.raises(ConfigError, match=r"telegram\.proxy") as refused:
        parse_settings({"telegram": {"token": "1:x", "proxy": nonsense}}, "config.toml")
    assert "socks5://" in str(refused.value)
