"""The HTTP server: nothing of an answer waits for the client to confirm the rest, and a stop waits only for work."""

import asyncio
import socket

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.web.serving import HttpServer


async def test_answers_go_out_without_waiting_for_the_client_to_confirm_their_first_part() -> None:
    settings: list[int] = []

    async def look(_: Request) -> Response:
        for connection in server.connections():
            settings.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        return PlainTextResponse("so")

    async with HttpServer(Starlette(routes=[Route("/", look)])) as server, httpx.AsyncClient() as client:
        assert (await client.get(server.url)).text == "so"
    assert settings
    assert all(settings)


async def test_a_stop_lets_an_answer_end_that_is_being_made() -> None:
    begun, release = asyncio.Event(), asyncio.Event()

    async def answer(_: Request) -> Response:
        begun.set()
        await release.wait()
        return PlainTextResponse("whole")

    async with httpx.AsyncClient() as client:
        async with HttpServer(Starlette(routes=[Route("/", answer)])) as server:
            asking = asyncio.create_task(client.get(server.url))
            await begun.wait()
            asyncio.get_running_loop().call_later(0.2, release.set)
        assert (await asking).text == "whole"
