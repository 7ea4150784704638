"""A Bot API that refuses, is away or breaks off: everybody is asked once, or it is known who may not have been."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.channels.connections import open_connections
from bot.config import load_settings
from bot.loopback.bot_api import BotApiServer
from bot.loopback.mail_server import MailServer
from bot.notifiers import build_notifiers
from scheduler.outbox import MessageKind, queue_message, tell_due
from storage.database import Database
from tests.faults.books import balanced, dead_addresses, figures
from tests.faults.programs import Ended, run_to_end
from tests.faults.shop import (
    add_chats,
    chat_of,
    is_question,
    letters,
    mailbox_of,
    pauses,
    questions,
    sending,
    start_campaign,
    tally,
    write_config,
)
from tests.flow.world import let_the_wait_end

pytestmark = pytest.mark.system

PLACES = 16  # hand-overs under way in one program
HOUR = timedelta(hours=1)
GIVEN_UP = 60  # seconds that an answer takes for which the program waits half a minute


async def molva_send(config: Path, *options: str) -> Ended:
    """`molva send --drain` as a process."""
    return await run_to_end(config, "send", "--drain", "--json", *options, seconds=200)


def later() -> str:
    """For --as-of: what was put off is due by then."""
    return (datetime.now(UTC) + HOUR).isoformat()


async def test_each_kind_of_failure_meets_one_customer_and_nobody_else(database: Database, tmp_path: Path) -> None:
    people = 60
    blocked, gone, malformed, broken, away, flooded = (int(chat_of(number)) for number in range(1, 7))
    silent, ignored, halved, hung_up = (int(chat_of(number)) for number in range(7, 11))
    refused, cut_off = {blocked, gone, malformed}, {silent, ignored, halved, hung_up}
    async with asyncio.timeout(300), BotApiServer() as api, MailServer() as mail:
        config = write_config(tmp_path, database, api=api, mail=mail)
        add_chats(api, people)
        await start_campaign(database, tmp_path, people, "telegram", fallback="email")
        api.fail("sendMessage", blocked, status=403, times=None)
        api.fail("sendMessage", gone, status=400, times=None)
        api.fail("sendMessage", malformed, status=400, description="Bad Request: can't parse entities", times=None)
        api.fail("sendMessage", broken, status=500)
        api.fail("sendMessage", away, status=502)
        api.fail("sendMessage", flooded, status=429, retry_after=2)
        api.hang("sendMessage", silent, seconds=GIVEN_UP)
        api.hang("sendMessage", ignored, seconds=GIVEN_UP, accepted=False)
        api.cut("sendMessage", halved)
        api.cut("sendMessage", hung_up, accepted=False)

        first = figures(await molva_send(config))
        standing = await tally(database)
        assert (first["undeliverable"], first["unknown"]) == (len(refused), len(cut_off))
        assert (first["sent"], standing["undeliverable"], standing["unknown"]) == (standing["sent"], 3, 4)
        assert 1 <= standing["queued"] <= 3, "the 500 goes again in a minute, the other two perhaps at once"
        assert figures(await molva_send(config, "--as-of", later()))["sent"] == standing["queued"]
        assert figures(await molva_send(config, "--as-of", later()))["sent"] == 0

    ends = await balanced(database, questions(api) + letters(mail))
    everybody = {int(chat_of(number)) for number in range(1, people + 1)}
    assert ends["undeliverable"] == {str(chat) for chat in refused}
    assert ends["unknown"] == {str(chat) for chat in cut_off}
    by_letter = {mailbox_of(number) for number in range(1, 4)}
    assert ends["sent"] == {str(chat) for chat in everybody - refused - cut_off} | by_letter
    assert set(questions(api)) == {str(chat) for chat in everybody - refused - {ignored, hung_up}}
    assert set(letters(mail)) == by_letter
    assert await dead_addresses(database) == {str(blocked): "blocked", str(gone): "no_chat"}


async def test_the_whole_bot_keeps_quiet_for_as_long_as_telegram_says(database: Database, tmp_path: Path) -> None:
    people, wait = 120, 2
    async with asyncio.timeout(60), BotApiServer() as api:
        config = write_config(tmp_path, database, api=api)
        add_chats(api, people)
        await start_campaign(database, tmp_path, people, "telegram")
        api.fail("sendMessage", retry_after=wait)
        async with sending(database, config) as run:
            done = await run.send(datetime.now(UTC), drain=True)
            assert (await pauses(database))["telegram"] == wait
            await run.send(datetime.now(UTC) + HOUR, drain=True)
    [refusal] = api.refused
    quiet_until = refusal.at + timedelta(seconds=wait)
    assert done.deferred == 1
    assert sum(sent.at < quiet_until for sent in api.sent if is_question(sent)) < 3 * PLACES, "what was under way"
    assert questions(api) == {chat_of(number): 1 for number in range(1, people + 1)}
    assert await tally(database) == {"sent": people}


async def test_questions_wait_for_a_bot_api_that_refuses_connections(database: Database, tmp_path: Path) -> None:
    people = 40
    async with asyncio.timeout(60):
        async with away_for_now() as gone:
            config = write_config(tmp_path, database, api=gone)
        await start_campaign(database, tmp_path, people, "telegram")
        refused = await run_to_end(config, "send", "--json")
        assert figures(refused)["sent"] == 0
        assert "telegram ничего не примет до" in refused.stderr
        assert await tally(database) == {"queued": people}
        await let_the_wait_end(database)
        async with BotApiServer(port=urlsplit(gone.url).port or 0, token=gone.token) as api:
            add_chats(api, people)
            assert figures(await molva_send(config, "--as-of", later()))["sent"] == people
    assert questions(api) == {chat_of(number): 1 for number in range(1, people + 1)}


@asynccontextmanager
async def away_for_now() -> AsyncIterator[BotApiServer]:
    """A server that has an address, at which nobody is afterwards."""
    async with BotApiServer() as api:
        yield api


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_groups_limit_is_kept_over_more_than_a_minute_while_customers_are_told_at_once(
    database: Database, tmp_path: Path
) -> None:
    group, person, posts = -500, 1001, 22
    async with asyncio.timeout(200), BotApiServer(group_rate_per_minute=20) as api:
        api.add_group(group, "Команда")
        api.add_user(person)
        settings = load_settings(str(write_config(tmp_path, database, api=api)))
        for number in range(posts):
            await queue_text(database, f"group:{number}", group)
        async with open_connections(settings) as connections:
            notifiers = build_notifiers(database, settings, connections)
            while sum(sent.chat_id == group for sent in api.sent) < posts:
                seen = len(api.sent)
                await queue_text(database, f"person:{seen}", person)
                await tell_due(database, notifiers, datetime.now(UTC))
                assert [sent.chat_id for sent in api.sent[seen:]].count(person) == 1
                await asyncio.sleep(1)
        assert [sent.text for sent in api.sent if sent.chat_id == group] == [f"group:{one}" for one in range(posts)]
        assert api.refused == []


async def queue_text(database: Database, key: str, chat: int) -> None:
    async with database.begin() as connection:
        await queue_message(
            connection, key=key, kind=MessageKind.TEXT, channel="telegram", target=str(chat), payload={"text": key},
            now=datetime.now(UTC),
        )  # fmt: skip
