"""Reading at Dovecot: hostile letters, folders made anew, kills, two readers at once, the running program."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.loopback.letters import Letter
from bot.loopback.mail_server import MailServer
from storage.database import Database
from storage.models import CustomerComment, Response
from storage.statuses import LetterKind
from tests.faults.programs import program, run_to_end
from tests.flow.mailbox import ask, rows
from tests.outside.imap_box import PATIENCE, REFUSALS, RETURNS, flags, logged_in, put, reader_of, shift_of
from tests.outside.mail_stack import CERTIFICATE, PASSWORD, USER, MailStack
from tests.unit.mail import many_parts, reply

pytestmark = pytest.mark.system


async def test_hostile_letters_stay_and_those_behind_them_are_read(database: Database, stack: MailStack) -> None:
    asked = await ask(database)
    to = RETURNS.of_replies(asked.token)
    huge = reply("Не доставили\n", to=to, Message_ID="<huge@x.test>") + b"x" * 76 + b"\r\n" * 25_000_000
    broken = f"To: {to}\r\n".encode() + b"Content-Type: message/rfc822\r\n\r\n" * 5_000 + b"9"
    put(
        stack,
        broken,
        huge,
        many_parts(1_000, to),
        reply("9", to="x@y.test"),
        reply("7", to=to, Message_ID="<9@x.test>"),
    )
    counts = await reader_of(stack, database).read(shift_of(database))
    assert counts == {
        LetterKind.UNREADABLE: 1, LetterKind.COMMENT: 1, LetterKind.ANSWER: 2, LetterKind.STRANGER: 1,
    }  # fmt: skip
    assert flags(stack) == [False, True, True, False, True]
    assert await reader_of(stack, database).read(shift_of(database)) == {}


async def test_a_folder_that_was_made_anew_is_not_taken_in_again(database: Database, stack: MailStack) -> None:
    asked = await ask(database)
    letters = [reply(text, to=RETURNS.of_replies(asked.token), Message_ID=f"<{text}@x.test>") for text in ("9", "2")]
    folder = REFUSALS
    with logged_in(stack) as client:
        client.create(folder)
    put(stack, *letters, folder=folder)
    reader = reader_of(stack, database, folder="Отказы")
    assert await reader.read(shift_of(database)) == {LetterKind.ANSWER: 2}
    with logged_in(stack) as client:
        assert client.delete(folder)[0] == client.create(folder)[0] == "OK"
    put(stack, *letters, folder=folder)
    assert await reader.read(shift_of(database)) == {}
    assert [row.score for row in await rows(database, Response)] == [2]


async def test_a_killed_reader_loses_no_letter_and_repeats_none(
    database: Database, database_url: str, stack: MailStack, tmp_path: Path
) -> None:
    asked = await ask(database)
    count = 150
    letters = [reply(f"письмо {number}", to=RETURNS.of_replies(asked.token), Message_ID=f"<{number}@x.test>")
               for number in range(count)]  # fmt: skip
    put(stack, *letters)
    config = tmp_path / "config.toml"
    config.write_text(
        f"""
        [database]
        url = "{database_url}"
        [mailbox]
        host = "127.0.0.1"
        port = {stack.imaps}
        username = "{USER}"
        password = "{PASSWORD}"
        address = "{USER}"
        """,
        encoding="utf-8",
    )
    trusting = {"SSL_CERT_FILE": str(CERTIFICATE)}
    for share in (count // 5, count // 2):
        async with program(config, "mailbox", "read", environment=trusting) as process, asyncio.timeout(PATIENCE):
            while True:
                if await _count(database) >= share:
                    break
                await asyncio.sleep(0.01)
            process.kill()
            await process.wait()
    ended = await run_to_end(config, "mailbox", "read", environment=trusting)
    assert (ended.status, await _count(database)) == (0, count)
    texts = {row.text for row in await rows(database, CustomerComment)}
    assert len(texts) == count


async def _count(database: Database) -> int:
    async with database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(CustomerComment))).scalar_one()


async def test_two_readers_at_once_take_each_letter_in_once(database: Database, stack: MailStack) -> None:
    asked = await ask(database)
    to, count = RETURNS.of_replies(asked.token), 30
    put(stack, *(reply(f"письмо {number}", to=to, Message_ID=f"<{number}@x.test>") for number in range(count)))
    readers = [reader_of(stack, database) for _ in range(2)]
    counts = await asyncio.gather(*(reader.read(shift_of(database)) for reader in readers))
    assert sum(counts, Counter()) == {LetterKind.COMMENT: count}
    assert await _count(database) == count


async def test_the_running_program_reads_the_mailbox_and_tells_the_managers(
    database: Database, database_url: str, stack: MailStack, tmp_path: Path
) -> None:
    asked = await ask(database)
    to = RETURNS.of_replies(asked.token)
    put(stack, reply("9", to=to, Message_ID="<1@x.test>"), reply("Позвоните мне", to=to, Message_ID="<2@x.test>"))
    async with MailServer() as mail:
        config = tmp_path / "config.toml"
        config.write_text(
            f"""
            [database]
            url = "{database_url}"
            [email]
            host = "{mail.host}"
            port = {mail.port}
            security = "none"
            sender = "Лавка <ask@shop.test>"
            [web]
            port = 0
            [digest]
            email_to = ["boss@shop.test"]
            [mailbox]
            host = "127.0.0.1"
            port = {stack.imaps}
            username = "{USER}"
            address = "{USER}"
            poll_seconds = 1
            """,
            encoding="utf-8",
        )
        secrets = {"SSL_CERT_FILE": str(CERTIFICATE), "MOLVA_MAILBOX__PASSWORD": PASSWORD}
        async with program(config, "run", environment=secrets) as process:
            await mail.wait_for(lambda: _told(mail), PATIENCE)  # beside the digest that was missed
            process.terminate()
            assert await process.wait() == 0
        checked = await run_to_end(config, "check", "--json", environment=secrets)
    [told] = _told(mail)
    assert "Позвоните мне" in told.message.get_content()
    assert [row.score for row in await rows(database, Response)] == [9]
    assert f"127.0.0.1:{stack.imaps}, папка INBOX читается" in checked.stdout


def _told(mail: MailServer) -> list[Letter]:
    return [one for one in mail.letters_to("boss@shop.test") if "ответ покупателя" in one.message["Subject"]]
