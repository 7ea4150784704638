"""`molva check` against real counterparts: what is well, what is wrong, and what to do about it."""

import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from bot.loopback.bot_api import BotApiServer
from bot.loopback.mail_server import MailServer
from bot.web.serving import HttpServer
from tests.flow.command import molva
from tests.outside.proxies import speak_tls

CHANNEL = -100900


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    async with BotApiServer() as server:
        server.add_channel(CHANNEL, "Директорская")
        yield server


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with MailServer(username="shop", password="secret") as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, database_url: str, api: BotApiServer, mail: MailServer) -> Path:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    path = tmp_path / "config.toml"
    path.write_text(
        f"""
        [database]
        url = "{database_url}"
        [company]
        language = "en"
        [telegram]
        token = "{api.token}"
        api_url = "{api.url}"
        management_chat = {CHANNEL}
        rate_per_second = 40
        [email]
        host = "{mail.host}"
        port = {mail.port}
        security = "none"
        username = "shop"
        password = "secret"
        sender = "shop@example.test"
        [web]
        port = {port}
        public_url = "http://127.0.0.1:{port}"
        """,
        encoding="utf-8",
    )
    return path


async def check(config: Path) -> tuple[int, dict[str, tuple[bool, str]]]:
    ran = await molva(config, "check", "--json")
    checks = json.loads(ran.stdout)["checks"]
    return ran.status, {check["name"]: (check["ok"], check["detail"]) for check in checks}


async def test_all_is_well_and_cautions_are_said(config: Path) -> None:
    status, found = await check(config)
    assert status == 0, found
    assert all(ok for ok, _ in found.values())
    assert list(found) == [
        "settings", "channels", "telegram", "management_chat", "email", "mailbox", "mail_domain", "digest",
        "public_url", "database", "dead_letters",
    ]  # fmt: skip
    assert "429" in found["telegram"][1]
    assert "https" in found["public_url"][1]
    assert "read by nobody" in found["mailbox"][1]
    assert "DKIM is the mail server's" in found["mail_domain"][1]


async def test_a_wrong_token_is_told(config: Path, api: BotApiServer) -> None:
    config.write_text(config.read_text().replace(api.token, "123456:wrong"))
    status, found = await check(config)
    assert status == 1
    assert found["telegram"] == (
        False,
        "the Bot API refuses the token: copy it again from @BotFather into telegram.token",
    )
    assert not found["management_chat"][0]


async def test_a_channel_where_the_bot_may_not_post_is_told(config: Path, api: BotApiServer) -> None:
    api.mute(CHANNEL)
    status, found = await check(config)
    assert status == 1
    assert "right to post" in found["management_chat"][1]


async def test_a_chat_that_is_not_there_is_told(config: Path) -> None:
    config.write_text(config.read_text().replace(str(CHANNEL), "-42"))
    status, found = await check(config)
    assert status == 1
    assert "-42 cannot be seen" in found["management_chat"][1]


async def test_a_refused_login_and_a_server_that_is_away_are_told(config: Path, mail: MailServer) -> None:
    config.write_text(config.read_text().replace("secret", "wrong"))
    status, found = await check(config)
    assert (status, found["email"][0]) == (1, False)
    assert "refuses the login (535)" in found["email"][1]
    config.write_text(config.read_text().replace(f"port = {mail.port}", "port = 1"))
    status, found = await check(config)
    assert (status, found["email"][0]) == (1, False)
    assert "check email.host" in found["email"][1]
    assert "wrong" not in str(found)


async def test_a_bot_api_that_is_away_is_told_without_the_token(config: Path, api: BotApiServer) -> None:
    config.write_text(config.read_text().replace(api.url, "http://127.0.0.1:1"))
    status, found = await check(config)
    assert status == 1
    assert "does not answer" in found["telegram"][1]
    assert api.token not in str(found)


async def test_a_port_that_another_program_has_is_told(config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = config.read_text()
        config.write_text(text[: text.index("[web]")] + f'[web]\nport = {port}\npublic_url = "http://127.0.0.1:1"\n')
        status, found = await check(config)
    assert status == 1
    assert "change web.port" in found["public_url"][1]


async def test_pages_that_answer_are_ours_though_something_else_fails(config: Path) -> None:
    async def tell(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "failing", "parts": {"polling": "no updates"}}, 503)

    async with HttpServer(Starlette(routes=[Route("/healthz", tell)])) as server:
        status, found = await check(served_at(config, server.url))
    assert (status, found["public_url"]) == (0, (True, found["public_url"][1]))
    assert "the pages answer" in found["public_url"][1]


async def test_an_address_of_ipv6_is_tried_as_one(config: Path) -> None:
    config.write_text(config.read_text().replace("[web]", '[web]\nhost = "::1"'))
    status, found = await check(served_at(config, "http://127.0.0.1:1"))
    assert status == 0, found
    assert "nothing answers yet" in found["public_url"][1]


async def test_a_proxy_that_quotes_the_address_tells_nobody_the_token(config: Path, api: BotApiServer) -> None:
    async def quote(request: Request) -> HTMLResponse:
        return HTMLResponse(f"<html>ERROR: {request.url} could not be retrieved</html>", 502)

    methods = ["GET", "POST"]
    async with HttpServer(Starlette(routes=[Route("/{path:path}", quote, methods=methods)])) as server:
        config.write_text(config.read_text().replace(api.url, server.url))
        ran = await molva(config, "check")
    assert ran.status == 1
    assert "does not answer" in ran.output
    assert "could not be looked at: the Bot API does not answer" in ran.output
    assert (api.token in ran.output + ran.stderr, "Traceback" in ran.stderr) == (False, False)


async def test_a_certificate_that_nobody_trusts_is_told_with_what_to_do(config: Path, mail: MailServer) -> None:
    async with speak_tls(mail.port) as port:
        text = config.read_text().replace(f"port = {mail.port}", f"port = {port}")
        config.write_text(text.replace('security = "none"', 'security = "tls"'))
        _, found = await check(config)
    assert not found["email"][0]
    assert "SSL_CERT_FILE" in found["email"][1]


def served_at(config: Path, url: str) -> Path:
    text = config.read_text()
    before = text_between(config, 'public_url = "', '"')
    config.write_text(text.replace(before, url))
    return config


async def test_a_database_that_is_not_made_yet_is_told(config: Path, tmp_path: Path) -> None:
    text = config.read_text().replace(text_between(config, 'url = "', '"'), f"sqlite+aiosqlite:///{tmp_path}/none.db")
    config.write_text(text)
    status, found = await check(config)
    assert status == 1
    assert "molva init" in found["database"][1]


def text_between(path: Path, start: str, end: str) -> str:
    return path.read_text().partition(start)[2].partition(end)[0]


async def test_stores_that_no_sale_names_and_chats_of_stores_that_are_not_there_are_told(config: Path) -> None:
    stores = f'[digest.store_chats]\n"Main street" = {CHANNEL}\n"Elsewhere" = -701\n'
    config.write_text(config.read_text(encoding="utf-8") + stores, encoding="utf-8")
    status, found = await check(config)
    assert status == 1
    assert found["digest.store_chats[Main street]"][0]
    assert "-701 cannot be seen" in found["digest.store_chats[Elsewhere]"][1]
    assert "no sale names the store Main street, Elsewhere" in found["stores"][1]


async def test_the_chats_of_cases_must_be_groups_that_the_bot_is_in(config: Path, api: BotApiServer) -> None:
    api.add_group(-700, "Store")
    own = f'[{{ store = "A", chat = {CHANNEL} }}, {{ manager = "B", chat = -701 }}]'
    chats = f"cases_chat = -700\n        case_chats = {own}"
    text = config.read_text(encoding="utf-8").replace("rate_per_second = 40", f"rate_per_second = 40\n        {chats}")
    config.write_text(text + "\n[cases]\nescalation_chat = -700\n", encoding="utf-8")
    status, found = await check(config)
    assert status == 1
    assert (found["cases_chat"][0], found["escalation_chat"][0]) == (True, True)
    assert "is no group" in found["case_chats[1]"][1]
    assert "-701 cannot be seen" in found["case_chats[2]"][1]
