"""Faults of the Bot API server on loopback, and both servers as a process of their own."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest
from telegram import Bot
from telegram.error import Forbidden, NetworkError, RetryAfter, TimedOut

from bot.loopback.bot_api import BotApiServer
from tests.outside.loopback_bot import ANNA, make_bot


@pytest.fixture
async def api() -> AsyncIterator[BotApiServer]:
    async with BotApiServer() as server:
        server.add_user(ANNA)
        yield server


@pytest.fixture
async def bot(api: BotApiServer) -> AsyncIterator[Bot]:
    async with make_bot(api) as made:
        yield made


async def test_a_planned_refusal_hits_its_method_and_chat_as_often_as_said(api: BotApiServer, bot: Bot) -> None:
    api.add_user(2)
    api.fail("sendMessage", 2, status=403, times=2)
    await bot.send_message(ANNA, "not meant")
    for _ in range(2):
        with pytest.raises(Forbidden, match="bot was blocked by the user"):
            await bot.send_message(2, "hit")
    await bot.send_message(2, "over")
    assert [sent.text for sent in api.sent] == ["not meant", "over"]


async def test_a_planned_429_names_its_pause(api: BotApiServer, bot: Bot) -> None:
    api.fail("sendMessage", retry_after=7)
    with pytest.raises(RetryAfter) as refused:
        await bot.send_message(ANNA, "?")
    assert refused.value.retry_after == timedelta(seconds=7)
    assert api.refused[0].description == "Too Many Requests: retry after 7"


async def test_everything_fails_until_healed(api: BotApiServer, bot: Bot) -> None:
    api.fail(status=502, times=None)
    for _ in range(3):
        with pytest.raises(NetworkError, match="Bad Gateway"):
            await bot.get_me()
    api.heal()
    await bot.get_me()


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_time_out_leaves_open_whether_it_was_sent(api: BotApiServer, accepted: bool) -> None:
    async with make_bot(api, read_timeout=0.3) as impatient:
        api.hang("sendMessage", seconds=30, accepted=accepted)
        with pytest.raises(TimedOut):
            await impatient.send_message(ANNA, "?")
    assert len(api.sent) == accepted


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_connection_cut_in_mid_answer_is_a_network_error(api: BotApiServer, bot: Bot, accepted: bool) -> None:
    api.cut("sendMessage", accepted=accepted)
    with pytest.raises(NetworkError, match="RemoteProtocolError"):
        await bot.send_message(ANNA, "?")
    assert len(api.sent) == accepted
    await bot.send_message(ANNA, "again")


async def test_above_the_rate_the_server_refuses_until_the_pause_is_over() -> None:
    async with BotApiServer(rate_per_second=5) as api, make_bot(api) as bot:
        api.add_user(ANNA)
        for number in range(5):
            await bot.send_message(ANNA, str(number))
        for _ in range(2):
            with pytest.raises(RetryAfter):
                await bot.send_message(ANNA, "too much")
        await bot.answer_callback_query(api.tap(ANNA, 1, "s:token:5"))
    assert len(api.sent) == 5
    assert api.rate.refused == 2


async def test_both_servers_run_as_a_process_driven_over_http() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-m", "bot.loopback", "--token", "42:abc", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    place = json.loads(await asyncio.wait_for(process.stdout.readline(), 10))
    try:
        async with httpx.AsyncClient(base_url=place["url"]) as client:
            await drive(client, place)
    finally:
        process.terminate()
        await process.wait()


async def drive(client: httpx.AsyncClient, place: dict[str, str]) -> None:
    async with Bot(place["token"], base_url=f"{place['url']}/bot") as bot:
        await drive_bot(client, bot)
    await drive_mail(client, place)


async def drive_bot(client: httpx.AsyncClient, bot: Bot) -> None:
    added = await client.post("/control/add_user", json={"id": ANNA, "first_name": "Anna"})
    assert (added.status_code, added.json()["result"]["id"]) == (200, ANNA)
    await bot.send_message(ANNA, "How likely?")
    await client.post("/control/tap", json={"chat_id": ANNA, "message_id": 1, "data": "s:token:9"})
    [update] = await bot.get_updates()
    assert update.callback_query
    assert update.callback_query.data == "s:token:9"
    await client.post("/control/fail", json={"method": "sendMessage", "status": 403})
    with pytest.raises(Forbidden):
        await bot.send_message(ANNA, "again")
    assert [sent["text"] for sent in (await client.get("/control/sent")).json()] == ["How likely?"]
    assert (await client.get("/control/sent", params={"from": 1})).json() == []
    wrong = await client.post("/control/tap", json={"who": ANNA})
    assert wrong.status_code == 400


async def drive_mail(client: httpx.AsyncClient, place: dict[str, str]) -> None:
    await client.post("/control/mail/refuse", json={"address": "gone@shop.test"})
    letter = EmailMessage()
    letter["From"], letter["To"] = "ask@shop.test", "gone@shop.test, anna@shop.test"
    refused, _ = await aiosmtplib.send(letter, hostname=place["smtp_host"], port=int(place["smtp_port"]))
    assert list(refused) == ["gone@shop.test"]
    [kept] = (await client.get("/control/mail")).json()
    assert kept["rcpt_tos"] == ["anna@shop.test"]
