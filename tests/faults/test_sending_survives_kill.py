"""A campaign of 5,000 whose sender is killed over and over: nobody is asked twice, nobody is forgotten, no answer lost.

Each time another door sends: the whole program, which takes the answers too, or `molva send --drain`.
"""

import asyncio
import random
import secrets
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.loopback.bot_api import BotApiServer
from bot.loopback.mail_server import MailServer
from storage.database import Database
from storage.queue import count_leased
from tests.faults.answering import Answers, filling_in, stored, tapping
from tests.faults.programs import program, said
from tests.faults.shop import (
    add_chats,
    chat_of,
    is_question,
    letters,
    mailbox_of,
    outcomes,
    questions,
    start_campaign,
    tally,
    write_config,
)

pytestmark = pytest.mark.system

PEOPLE = 5_000
KILLS = 20  # in mid-sending; the few at the start come on top
EARLY = 3
RATE = 400
SHARE = 0.1  # of those asked answer at once
TELEGRAM_PLACES = 16
LETTER_PLACES = 5
PATIENCE = 300  # seconds, all in all
DOORS = (("run",), ("send", "--drain"))


@dataclass
class Killings:
    """Kills one program after the other, at random moments."""

    config: Path
    arrived: Callable[[], int]  # what the far side has got so far
    chance: random.Random
    stood: list[tuple[int, int]] = field(default_factory=list)  # arrived when the program started, and at its kill

    async def early(self) -> None:
        """Before anything or just after the first was handed over."""
        async with program(self.config, *self.chance.choice(DOORS)) as process:
            await asyncio.sleep(self.chance.uniform(0.2, 2.0))
            process.kill()

    async def in_the_middle(self) -> None:
        """Some time after its first question has arrived."""
        before = self.arrived()
        async with program(self.config, *self.chance.choice(DOORS)) as process:
            while self.arrived() == before:
                assert process.returncode is None, said(self.config)
                await asyncio.sleep(0.005)
            await asyncio.sleep(self.chance.uniform(0, 0.4))
            process.kill()
            await process.wait()
        self.stood.append((before, self.arrived()))


@dataclass
class Asked:
    """Counts questions as they come: all of them each time would keep the server from serving."""

    api: BotApiServer
    seen: int = 0
    questions: int = 0

    def count(self) -> int:
        """How many have come so far."""
        fresh = self.api.sent[self.seen :]
        self.seen += len(fresh)
        self.questions += sum(1 for sent in fresh if is_question(sent))
        return self.questions


async def test_telegram_questions_survive_twenty_kills(database: Database, tmp_path: Path) -> None:
    async with asyncio.timeout(PATIENCE), BotApiServer() as api:
        config = write_config(tmp_path, database, api=api, rate=RATE, port=free_port())
        add_chats(api, PEOPLE)
        await start_campaign(database, tmp_path, PEOPLE, "telegram")
        answers = Answers(chance(), SHARE)
        killings = Killings(config, Asked(api).count, answers.chance)
        async with tapping(api, answers):
            kills = await kill_and_finish(database, killings, answers)
        await check(database, questions(api), [chat_of(n + 1) for n in range(PEOPLE)], kills * TELEGRAM_PLACES)
        assert await stored(database) == answers.given == answers.meant


async def test_letters_survive_twenty_kills(database: Database, tmp_path: Path) -> None:
    async with asyncio.timeout(PATIENCE), MailServer() as mail:
        port = free_port()
        config = write_config(tmp_path, database, mail=mail, rate=RATE, connections=LETTER_PLACES, port=port)
        await start_campaign(database, tmp_path, PEOPLE, "email")
        answers = Answers(chance(), SHARE)
        killings = Killings(config, lambda: len(mail.letters), answers.chance)
        async with filling_in(mail, f"http://127.0.0.1:{port}", answers):
            kills = await kill_and_finish(database, killings, answers)
        await check(database, letters(mail), [mailbox_of(n + 1) for n in range(PEOPLE)], kills * LETTER_PLACES)
        assert await stored(database) == answers.given == answers.meant


async def kill_and_finish(database: Database, killings: Killings, answers: Answers) -> int:
    """Returns how often a program was killed; the last one has done all the work that is left."""
    for _ in range(EARLY):
        await killings.early()
    for _ in range(KILLS):
        await killings.in_the_middle()
    assert all(before < after < PEOPLE for before, after in killings.stood)
    assert answers.given, "answers come while programs die"
    async with program(killings.config, "run") as process:
        while not await is_done(database, answers):
            assert process.returncode is None, said(killings.config)
            await asyncio.sleep(0.5)
        process.terminate()
        assert await process.wait() == 0
    print(f"stood at start and kill: {killings.stood}; answers: {len(answers.given)}; {await tally(database)}")
    return EARLY + KILLS


async def is_done(database: Database, answers: Answers) -> bool:
    """Whether nothing waits any more, neither to be handed over nor to be stored."""
    if not {"queued", "leased", "sending"}.isdisjoint(await tally(database)):
        return False
    return answers.given == answers.meant and len(await stored(database)) == len(answers.given)


async def check(database: Database, arrived: Counter[str], everybody: list[str], in_flight: int) -> None:
    """Each is sent and has it once, or unknown and has it at most once; the unknown are few."""
    ends = await outcomes(database)
    assert set(ends) == set(everybody)
    assert set(ends.values()) <= {"sent", "unknown"}
    assert max(arrived.values()) == 1
    assert {address for address, status in ends.items() if status == "sent"} <= set(arrived)
    assert Counter(ends.values())["unknown"] <= in_flight
    async with database.read() as connection:
        assert await count_leased(connection, ["telegram", "email"]) == 0


def chance() -> random.Random:
    """A new order of things each time, which the printed seed brings back."""
    seed = secrets.randbelow(10**6)
    print(f"seed {seed}")
    return random.Random(seed)


def free_port() -> int:
    """A port for pages that programs serve one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
