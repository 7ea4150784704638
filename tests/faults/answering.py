"""Customers who answer what reaches them, in the chat or on the letter's page, whether or not the program is up."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from sqlalchemy import select

from bot.loopback.bot_api import BotApiServer
from bot.loopback.letters import Letter
from bot.loopback.mail_server import MailServer
from storage.database import Database
from storage.models import Invitation, Response
from tests.faults.shop import is_question

READING = 0.5  # seconds; nobody answers a page sooner
STAMP = re.compile(r'name="stamp" value="([^"]+)"')
LINK = re.compile(r"/r/([\w-]{22})")
PAUSE = 0.1  # seconds between looks, and between tries at a page that isn't there


@dataclass
class Answers:
    """What customers said: each tap is Telegram's to keep, each form is sent until it is thanked for."""

    chance: random.Random
    share: float
    meant: dict[str, int] = field(default_factory=dict)  # token → score, of everybody who answers
    given: dict[str, int] = field(default_factory=dict)  # of these, taps made and forms thanked for

    def score(self) -> int | None:
        """None: this one keeps silent."""
        return self.chance.randrange(11) if self.chance.random() < self.share else None


@asynccontextmanager
async def tapping(api: BotApiServer, answers: Answers) -> AsyncIterator[None]:
    """Some of those who get a question tap a number at once."""
    async with _customers(_tap(api, answers)):
        yield


@asynccontextmanager
async def filling_in(mail: MailServer, base: str, answers: Answers) -> AsyncIterator[None]:
    """Some of those who get a letter fill the page's form in at once, again and again until they are thanked."""
    async with _customers(_fill_in(mail, base, answers)):
        yield


async def stored(database: Database) -> dict[str, int]:
    """{token: score} of every answer kept; nobody has two."""
    async with database.read() as connection:
        rows = (
            await connection.execute(select(Invitation.token, Response.score).join_from(Response, Invitation))
        ).all()
    assert len({row.token for row in rows}) == len(rows)
    return {row.token: row.score for row in rows}


def token_of(letter: Letter) -> str:
    """The invitation that a letter's links name."""
    body = letter.message.get_body(("plain",))
    found = LINK.search(body.get_content() if body else "")
    assert found is not None
    return found[1]


def stamp_in(page: str) -> str:
    """What the form of a page sends back."""
    found = STAMP.search(page)
    assert found is not None
    return found[1]


@asynccontextmanager
async def _customers(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _tap(api: BotApiServer, answers: Answers) -> None:
    seen = 0
    while True:
        fresh, seen = api.sent[seen:], len(api.sent)
        for sent in fresh:
            score = answers.score() if is_question(sent) else None
            if score is not None:
                button = next(one for one in sent.buttons if one["callback_data"].endswith(f":{score}"))
                token = button["callback_data"].split(":")[1]
                answers.meant[token] = answers.given[token] = score
                api.tap(sent.chat_id, sent.message_id, button["callback_data"])
        await asyncio.sleep(PAUSE)


async def _fill_in(mail: MailServer, base: str, answers: Answers) -> None:
    seen = 0
    async with httpx.AsyncClient(timeout=5) as browser, asyncio.TaskGroup() as forms:
        while True:
            fresh, seen = mail.letters[seen:], len(mail.letters)
            for letter in fresh:
                score = answers.score()
                if score is not None:
                    token = token_of(letter)
                    answers.meant[token] = score
                    forms.create_task(_send_form(browser, base, token, answers))
            await asyncio.sleep(PAUSE)


async def _send_form(browser: httpx.AsyncClient, base: str, token: str, answers: Answers) -> None:
    while True:
        try:
            page = await browser.get(f"{base}/r/{token}")
            await asyncio.sleep(READING)
            form = {"stamp": stamp_in(page.text), "score": str(answers.meant[token])}
            answer = await browser.post(f"{base}/r/{token}", data=form)
        except httpx.TransportError:
            await asyncio.sleep(PAUSE)
            continue
        assert answer.status_code == 200
        answers.given[token] = answers.meant[token]
        return
