"""Hand-overs that were cut off: settled by what is learnt later, sent once more only by a person's word."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Row, select, update

from bot.loopback.mail_server import MailServer
from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from scheduler.answering import record_score
from scheduler.asking.recovering import clear_hopeless
from scheduler.asking.resending import count_resendable, resend_unknown
from scheduler.asking.sending import send_due
from scheduler.asking.shift import Shift
from scheduler.asking.unknowns import settle_bounced_by_token, settle_unknown_by_token
from scheduler.channel import Question, TryLater, Undeliverable, Unknown
from scheduler.contacting import join_chat, opt_out
from scheduler.noting import note_score
from storage.database import Database
from storage.due import due_at_once
from storage.models import Address, Campaign, Customer, Delivery, Invitation
from storage.senders import register_sender
from storage.statuses import CampaignStatus, DeliveryKind, DeliveryStatus, InvitationStatus, ResponseChannel
from tests.flow.channels import ListChannel
from tests.flow.command import molva
from tests.flow.test_send_command import AS_OF, write_config
from tests.flow.world import COMPANY, NOW, POLICY, Seeded, ask_customer, complain

LETTER: dict[str, Any] = {"channel": "email", "status": DeliveryStatus.UNKNOWN}


@pytest.fixture
async def asked(database: Database) -> Seeded:
    """A customer whose letter was cut off."""
    return await ask(database)


async def ask(database: Database, number: int = 1, **values: Any) -> Seeded:
    async with database.begin() as connection:
        return await ask_customer(connection, str(number), **{**LETTER, **values})


async def change(database: Database, model: Any, **values: Any) -> None:
    async with database.begin() as connection:
        await connection.execute(update(model).values(**values))


async def rows(database: Database, model: Any = Delivery) -> list[Row[Any]]:
    async with database.read() as connection:
        return list((await connection.execute(select(model.__table__).order_by(model.id))).all())


async def statuses(database: Database) -> list[str]:
    return [row.status for row in await rows(database)]


@asynccontextmanager
async def a_shift(database: Database) -> AsyncIterator[Shift]:
    channel = ListChannel(name="email", address_kind="email")
    async with register_sender(database) as sender:
        yield Shift(
            database=database, channels={"email": channel}, policy=POLICY, company=COMPANY, clock=lambda: NOW,
            sender_id=sender.id,
        )  # fmt: skip


async def resend(database: Database) -> tuple[int, int]:
    """(what may go once more, what was queued)."""
    async with a_shift(database) as shift:
        return await count_resendable(shift), await resend_unknown(shift)


@asynccontextmanager
async def pages(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async def health() -> dict[str, str]:
        return {}

    app = build_web(database, web=WebSettings(), company=COMPANY, survey=POLICY, now=lambda: NOW, health=health)
    async with HttpServer(app) as server, httpx.AsyncClient(base_url=server.url) as client:
        yield client


async def test_opening_a_link_settles_nothing_and_posting_does(database: Database, asked: Seeded) -> None:
    async with pages(database) as client:
        await client.get(f"/r/{asked.token}?score=9")
        await client.get(f"/u/{asked.token}")
        assert await statuses(database) == [DeliveryStatus.UNKNOWN]
        await client.post(f"/u/{asked.token}", data={"action": "stop"})
    assert await statuses(database) == [DeliveryStatus.SENT]


async def test_an_answer_and_a_start_by_the_token_settle_it(database: Database, asked: Seeded) -> None:
    other = await ask(database, 2)
    async with database.begin() as connection:
        await record_score(
            connection, POLICY, COMPANY, token=asked.token, score=9, channel=ResponseChannel.EMAIL, now=NOW
        )
        await join_chat(connection, token=other.token, chat="2002", now=NOW)
    assert await statuses(database) == [DeliveryStatus.SENT, DeliveryStatus.SENT]


async def test_what_says_nothing_of_the_message_settles_nothing(database: Database, asked: Seeded) -> None:
    """A score by phone, /stop in a chat: neither came by the letter."""
    await ask(database, 2, telegram="1002")
    async with database.begin() as connection:
        await note_score(
            connection, POLICY, COMPANY, customer="1", sale=None, score=9, comment=None, by="Olga", at=NOW
        )  # fmt: skip
        await opt_out(connection, chat="1002", now=NOW)
    assert await statuses(database) == [DeliveryStatus.UNKNOWN, DeliveryStatus.UNKNOWN]


async def test_an_answer_that_was_quicker_than_the_cut_settles_it_too(database: Database) -> None:
    """The customer taps while nobody knows yet how the hand-over ended."""
    seeded = await ask(database, status=DeliveryStatus.QUEUED)

    async def answer(_: Question) -> None:
        async with database.begin() as connection:
            await record_score(
                connection, POLICY, COMPANY, token=seeded.token, score=9, channel=ResponseChannel.EMAIL, now=NOW
            )

    mail = ListChannel(name="email", address_kind="email", error=Unknown("cut off"), reaction=answer)
    sent = await send_due(database, {"email": mail}, POLICY, COMPANY, NOW)
    assert (sent.sent, sent.unknown) == (1, 0)
    assert await statuses(database) == [DeliveryStatus.SENT]


async def test_an_answer_that_was_quicker_than_the_sender_s_end_settles_it_too(
    database: Database, asked: Seeded
) -> None:
    async with register_sender(database) as died:
        await change(database, Delivery, status=DeliveryStatus.SENDING, sender_id=died.id)
    async with database.begin() as connection:
        await record_score(
            connection, POLICY, COMPANY, token=asked.token, score=9, channel=ResponseChannel.EMAIL, now=NOW
        )
    assert await resend(database) == (0, 0)
    assert await statuses(database) == [DeliveryStatus.SENT]


async def test_a_report_settles_the_delivery_that_it_names(database: Database, asked: Seeded) -> None:
    async with database.begin() as connection:
        named: dict[str, Any] = {"token": asked.token, "now": NOW, "channel": "email"}
        assert await settle_unknown_by_token(connection, **named, kind=DeliveryKind.REMINDER) == []
        assert len(await settle_unknown_by_token(connection, **named, kind=DeliveryKind.QUESTION)) == 1
        assert await settle_unknown_by_token(connection, **named) == []
    assert await statuses(database) == [DeliveryStatus.SENT]


@pytest.mark.parametrize("status", [DeliveryStatus.UNKNOWN, DeliveryStatus.SENT])
async def test_a_bounce_settles_it_and_ends_the_address(database: Database, status: DeliveryStatus) -> None:
    seeded = await ask(database, status=status)
    bounce: dict[str, Any] = {
        "token": seeded.token,
        "now": NOW,
        "kind": DeliveryKind.QUESTION,
        "channel": "email",
        "reference": "<1@x>",
    }
    async with database.begin() as connection:
        assert await settle_bounced_by_token(connection, **bounce, error=Undeliverable("bounced")) != []
        assert await settle_bounced_by_token(connection, **bounce, error=Undeliverable("bounced")) == []
    [row], [address] = await rows(database), await rows(database, Address)
    assert (row.status, row.reason, row.reference) == (DeliveryStatus.UNDELIVERABLE, "bounced", "<1@x>")
    assert (address.undeliverable_at, address.undeliverable_reason) == (NOW, "bounced")


async def test_by_a_person_s_word_it_is_queued_once_more(database: Database, asked: Seeded) -> None:
    await change(database, Delivery, attempts=1, handed_at=NOW - timedelta(hours=1), reason="sender_died")
    assert await resend(database) == (1, 1)
    [row] = await rows(database)
    assert (row.status, row.reason, row.attempts, row.due_at) == (DeliveryStatus.QUEUED, "resent", 1, due_at_once(NOW))


async def test_a_finished_campaign_runs_again_for_what_is_sent_once_more(database: Database, asked: Seeded) -> None:
    await change(database, Campaign, status=CampaignStatus.FINISHED, finished_at=NOW)
    assert await resend(database) == (1, 1)
    [campaign] = await rows(database, Campaign)
    assert (campaign.status, campaign.finished_at) == (CampaignStatus.RUNNING, None)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Delivery, {"channel": "telegram"}),  # a channel that is off
        (Invitation, {"status": InvitationStatus.ANSWERED}),
        (Invitation, {"status": InvitationStatus.CLOSED}),
        (Invitation, {"link_until": NOW}),
        (Invitation, {"send_before": NOW}),
        (Customer, {"opted_out_at": NOW}),
        (Customer, {"asked_at": NOW + timedelta(seconds=1)}),
        (Address, {"asked_at": NOW + timedelta(seconds=1)}),
        (Address, {"opted_out_at": NOW}),
        (Address, {"undeliverable_at": NOW}),
        (Campaign, {"status": CampaignStatus.PAUSED}),
        (Campaign, {"status": CampaignStatus.CANCELLED}),
    ],
)
async def test_what_may_not_go_stays_unknown(
    database: Database, asked: Seeded, model: Any, values: dict[str, Any]
) -> None:
    await change(database, model, **values)
    assert await resend(database) == (0, 0)
    assert await statuses(database) == [DeliveryStatus.UNKNOWN]


async def test_of_whom_a_case_is_open_it_stays_unknown(database: Database, asked: Seeded) -> None:
    async with database.begin() as connection:
        await complain(connection, asked.customer_id)
    assert await resend(database) == (0, 0)
    assert await statuses(database) == [DeliveryStatus.UNKNOWN]


async def test_what_a_dead_sender_was_handing_over_is_counted_too(database: Database, asked: Seeded) -> None:
    async with register_sender(database) as died:
        await change(database, Delivery, status=DeliveryStatus.SENDING, sender_id=died.id)
    assert await resend(database) == (1, 1)


async def test_a_resent_one_that_expires_does_not_free_the_customer(database: Database, asked: Seeded) -> None:
    await change(database, Delivery, handed_at=NOW - timedelta(hours=1))
    await change(database, Customer, asked_at=NOW)
    await change(database, Invitation, queued_at=NOW)
    await resend(database)
    await change(database, Invitation, send_before=NOW)
    async with a_shift(database) as shift:
        assert (await clear_hopeless(shift)).cancelled == 1
    [invitation], [customer] = await rows(database, Invitation), await rows(database, Customer)
    assert (invitation.status, invitation.asked, customer.asked_at) == (InvitationStatus.CLOSED, True, NOW)


@pytest.mark.parametrize("error", [TryLater("busy"), Undeliverable("refused")])
async def test_a_resent_one_that_is_refused_does_not_free_the_customer(
    database: Database, asked: Seeded, error: Exception
) -> None:
    await change(database, Delivery, handed_at=NOW - timedelta(hours=1))
    await change(database, Customer, asked_at=NOW)
    await change(database, Invitation, queued_at=NOW)
    await resend(database)
    channel = ListChannel(name="email", address_kind="email", error=error)
    await send_due(database, {"email": channel}, POLICY, COMPANY, NOW)
    assert len(channel.asked) == 1
    await change(database, Invitation, send_before=NOW)
    async with a_shift(database) as shift:
        await clear_hopeless(shift)
    [invitation], [customer] = await rows(database, Invitation), await rows(database, Customer)
    assert (invitation.status, invitation.asked, customer.asked_at) == (InvitationStatus.CLOSED, True, NOW)


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with MailServer() as server:
        yield server


@pytest.fixture
async def config(database: Database, mail: MailServer, tmp_path: Path) -> Path:
    return write_config(database, mail, tmp_path, rate=100)


async def test_nobody_at_the_terminal_has_to_say_yes(
    database: Database, asked: Seeded, mail: MailServer, config: Path
) -> None:
    ran = await molva(config, "send", "--resend-unknown", *AS_OF)
    assert ran.status == 2
    [line] = ran.stderr.splitlines()
    assert ": 1." in line
    assert "--yes" in line
    assert mail.letters == []
    ran = await molva(config, "send", "--resend-unknown", "--yes", "--json", *AS_OF)
    document = json.loads(ran.output)
    assert (ran.status, document["requeued"], document["sent"], document["unknown"]) == (0, 1, 1, 0)
    assert len(mail.letters) == 1


async def test_where_nothing_is_unknown_nothing_is_asked(database: Database, mail: MailServer, config: Path) -> None:
    ran = await molva(config, "send", "--resend-unknown", "--json", *AS_OF)
    assert (ran.status, json.loads(ran.output)["requeued"]) == (0, 0)


async def test_yes_alone_says_nothing(database: Database, mail: MailServer, config: Path) -> None:
    ran = await molva(config, "send", "--yes")
    assert ran.status == 2
    assert "--resend-unknown" in ran.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
async def test_at_a_terminal_it_asks_first(database: Database, asked: Seeded, mail: MailServer, config: Path) -> None:
    if not database.is_sqlite:
        return  # a terminal is a terminal on every engine, and a process takes a second
    assert await answer_at_terminal(config, "n") == 1
    assert await statuses(database) == [DeliveryStatus.UNKNOWN]
    assert await answer_at_terminal(config, "y") == 0
    assert len(mail.letters) == 1


async def answer_at_terminal(config: Path, answer: str) -> int | None:
    """The exit status of a process that was answered."""
    import pty  # there is none on Windows

    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "--config", str(config), "send", "--resend-unknown", *AS_OF,
        stdin=theirs, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    try:
        return await process.wait()
    finally:
        os.close(ours)


async def test_the_check_tells_of_them_and_what_to_do(database: Database, asked: Seeded, config: Path) -> None:
    ran = await molva(config, "check", "--json")
    [letters] = [check for check in json.loads(ran.output)["checks"] if check["name"] == "dead_letters"]
    assert letters["ok"]
    assert "molva send --resend-unknown" in letters["detail"]
