"""`GET /metrics` over HTTP, on both engines: the figures are those of the database, and not everybody's."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, text, update

from bot.pulse import Pulse
from bot.web.application import build_web
from bot.web.metrics import MetricsPage
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from scheduler.figures.gauges import GaugeReader
from storage.database import Database
from storage.models import Campaign, InboxUpdate, OutboxMessage, Response
from storage.rates import pause_resource, take_slots
from storage.senders import register_sender
from storage.statuses import CampaignStatus, DeliveryStatus, InboxStatus, OutboxStatus
from tests.flow.world import COMPANY, NOW, POLICY, ask_customer

Labels = tuple[tuple[str, str], ...]
Figures = dict[tuple[str, Labels], float]


@asynccontextmanager
async def serving(database: Database, web: WebSettings | None = None) -> AsyncIterator[httpx.AsyncClient]:
    web = web or WebSettings()
    pulse = Pulse(database)
    await pulse.watch("pick", succeed)()
    await pulse.watch("send", fail)()
    reader = GaugeReader(database, COMPANY, ("telegram", "email"))
    pages = build_web(
        database,
        web=web,
        company=COMPANY,
        survey=POLICY,
        now=lambda: NOW,
        health=pulse.report,
        metrics=MetricsPage(reader, pulse.steps, web, lambda: NOW),
    )
    async with HttpServer(pages) as server, httpx.AsyncClient(base_url=server.url) as client:
        yield client


async def succeed() -> None:
    return None


async def fail() -> None:
    raise RuntimeError("no mail server")


async def scrape(client: httpx.AsyncClient) -> Figures:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def deliveries(channel: str, status: str) -> tuple[str, Labels]:
    return "molva_deliveries", (("channel", channel), ("status", status))


async def test_the_figures_are_the_databases(database: Database) -> None:
    async with database.begin() as connection:
        late, early = NOW - timedelta(minutes=5), NOW - timedelta(days=2)
        await ask_customer(connection, "1", status=DeliveryStatus.QUEUED, queued_at=late, name="Анна")
        await ask_customer(connection, "2", status=DeliveryStatus.QUEUED, queued_at=NOW + timedelta(hours=1))
        await ask_customer(connection, "3", status=DeliveryStatus.UNKNOWN)
        asked = await ask_customer(connection, "4", channel="email", queued_at=NOW - timedelta(hours=1))
        await ask_customer(connection, "5", channel="email", queued_at=early)
        await connection.execute(
            insert(Response).values(
                invitation_id=asked.invitation_id, customer_id=asked.customer_id, score=9, channel="email",
                answered_at=NOW, day=COMPANY.local_day(NOW),
            )
        )  # fmt: skip
        await connection.execute(
            insert(InboxUpdate).values(
                update_id=1, position=1, chat="1001", body={}, status=InboxStatus.DEAD, attempts=9, due_at=NOW,
                received_at=NOW,
            )
        )  # fmt: skip
        await connection.execute(
            insert(OutboxMessage).values(
                key="k", kind="text", channel="telegram", target="1001", payload={}, status=OutboxStatus.QUEUED,
                attempts=0, due_at=NOW, created_at=NOW,
            )
        )  # fmt: skip
        await pause_resource(connection, "telegram", 60)
        await take_slots(connection, "email", 10, 1)
    async with register_sender(database), serving(database) as client:
        figures = await scrape(client)
        answer = (await client.get("/metrics")).text
    assert figures[deliveries("telegram", "queued")] == 2
    assert figures[deliveries("telegram", "unknown")] == 1
    assert figures[deliveries("email", "queued")] == 0
    assert figures["molva_oldest_due_seconds", (("channel", "telegram"),)] == 300
    assert figures["molva_oldest_due_seconds", (("channel", "email"),)] == 0
    assert figures["molva_handed_over_today", (("channel", "email"), ("status", "sent"))] == 1
    assert figures["molva_responses_today", (("channel", "email"),)] == 1
    assert figures["molva_campaigns", (("status", "running"),)] == 1
    assert figures["molva_inbox_updates", (("status", "dead"),)] == 1
    assert figures["molva_outbox_messages", (("status", "queued"),)] == 1
    assert 50 < figures["molva_rate_paused_seconds", (("resource", "telegram"),)] <= 60
    assert figures["molva_rate_paused_seconds", (("resource", "email"),)] == 0
    assert figures["molva_senders", ()] == 1
    assert figures["molva_database_up", ()] == 1
    assert figures["molva_step_well", (("step", "pick"),)] == 1
    assert figures["molva_step_well", (("step", "send"),)] == 0
    assert figures["molva_step_last_success_timestamp_seconds", (("step", "pick"),)] > 0
    assert any(name.startswith("python_gc") for name, _ in figures)
    for own in ("Анна", "1001", asked.token, "example.test"):
        assert not re.search(rf"\b{re.escape(own)}\b", answer)


async def test_what_a_paused_campaign_holds_is_not_late(database: Database) -> None:
    async with database.begin() as connection:
        await ask_customer(connection, status=DeliveryStatus.QUEUED)
        await connection.execute(update(Campaign).values(status=CampaignStatus.PAUSED))
    async with serving(database) as client:
        figures = await scrape(client)
    assert figures["molva_oldest_due_seconds", (("channel", "telegram"),)] == 0
    assert figures[deliveries("telegram", "queued")] == 1


async def test_scrapes_one_after_the_other_read_the_database_once(database: Database) -> None:
    async with serving(database) as client:
        before = await scrape(client)
        async with database.begin() as connection:
            await ask_customer(connection, status=DeliveryStatus.QUEUED)
        after = await scrape(client)
    assert before[deliveries("telegram", "queued")] == after[deliveries("telegram", "queued")] == 0
    assert after["molva_figures_age_seconds", ()] >= before["molva_figures_age_seconds", ()]


async def test_without_its_tables_the_rest_is_still_told(database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE delivery RENAME TO gone"))
    async with serving(database) as client:
        figures = await scrape(client)
    assert figures["molva_database_up", ()] == 0
    assert figures["molva_step_well", (("step", "pick"),)] == 1
    assert not any(name == "molva_deliveries" for name, _ in figures)


async def test_openmetrics_is_spoken_where_it_is_asked_for(database: Database) -> None:
    async with serving(database) as client:
        answer = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        ("", {}, 200),
        ("", {"X-Forwarded-For": "203.0.113.5"}, 403),
        ("", {"Forwarded": "for=203.0.113.5"}, 403),
        ("", {"Host": "nps.shop.test"}, 403),  # a proxy in front of us that adds nothing
        ("s3cret", {}, 401),
        ("s3cret", {"Authorization": "Bearer wrong"}, 401),
        ("s3cret", {"Authorization": "Bearer s3cret"}, 200),
        ("s3cret", {"Authorization": "Bearer s3cret", "X-Forwarded-For": "203.0.113.5"}, 200),
    ],
)
async def test_who_comes_from_outside_needs_the_token(
    database: Database, token: str, headers: dict[str, str], status: int
) -> None:
    web = WebSettings(public_url="https://nps.shop.test", metrics_token=token)
    async with serving(database, web) as client:
        answer = await client.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("molva_deliveries" in answer.text) is (status == 200)
