"""The question on the shop's site: signed orders alone, once each, by the daily round's rules."""

import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.web.application import build_web
from bot.web.settings import WebSettings
from bot.web.stamps import Stamps
from scheduler.asking.campaigning import cancel
from scheduler.asking.picking import pick
from scheduler.asking.policy import Policy
from scheduler.site import sign
from storage.database import Database
from storage.keys import ensure_key
from storage.models import Campaign, Case, Customer, Delivery, Invitation, Response
from tests.flow.campaigning import start_new
from tests.flow.command import molva
from tests.flow.site_shop import KINDS, POLICY, SHOP, Site, answers, build, buy, open_site, serve, settings
from tests.flow.test_web_pages import Clock
from tests.flow.world import COMPANY, NOW, add_customer, add_sale, ask_customer


@pytest.fixture
async def site(database: Database) -> AsyncIterator[Site]:
    async with open_site(database) as opened:
        yield opened


async def test_an_order_is_asked_about_once_and_its_answer_stands_on_the_sale(site: Site, database: Database) -> None:
    await buy(database)
    assert await site.shows("S1")
    assert await answers(database) == []
    thanks = (await site.answer("S1", 3)).json()
    assert thanks["thanks"].startswith("Спасибо за честный ответ")
    assert thanks["reasons"] == {"late": "Поздно", "price": "Цена"}
    more = {"comment": "Ждал неделю", "reasons": "shown", "reason:late": "on"}
    kept = (await site.answer("S1", 3, **more)).json()
    assert (kept["comment"], kept["ticked"]) == ("Ждал неделю", ["late"])
    assert await answers(database) == [("1", "S1", 3, "web", "site", None)]
    assert not await site.shows("S1")
    async with database.read() as connection:
        asked = (await connection.execute(select(Invitation.status, Campaign.name).join(Campaign))).one()
        assert tuple(asked) == ("answered", "site")
        assert len((await connection.execute(select(Case.id))).all()) == 1


async def test_who_answers_on_the_site_is_not_asked_again_by_letter(site: Site, database: Database) -> None:
    await buy(database, at=NOW - timedelta(days=4))
    async with database.begin() as connection:  # the same person under another number
        other = await add_customer(connection, "2", email="c1@example.test")
        await add_sale(connection, other, "S2", sold_at=NOW - timedelta(days=4))
    await site.answer("S1", 9)
    picked = await pick(database, POLICY, COMPANY, KINDS, NOW)
    assert (picked.picked, picked.skipped) == (0, {"already_asked": 1, "cooldown": 1})


async def test_an_answer_on_the_site_takes_the_letter_out_of_the_queue(site: Site, database: Database) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection, channel="email", status="queued", queued_at=NOW)  # type: ignore[arg-type]
    assert not await site.shows("S1")
    await site.answer("S1", 10)
    async with database.read() as connection:
        assert (await connection.execute(select(Delivery.status))).scalars().all() == ["cancelled"]
        response = (await connection.execute(select(Response.invitation_id, Response.source))).one()
    assert tuple(response) == (asked.invitation_id, "site")


@pytest.mark.parametrize(
    "signature", ["", "0" * 64, "й" * 64, None], ids=["none", "forged", "no hexadecimal digits", "another order's"]
)
async def test_an_order_that_the_shop_did_not_sign_is_refused(
    site: Site, database: Database, signature: str | None
) -> None:
    await buy(database)
    given = hmac.new(site.key.encode(), b"S2", "sha256").hexdigest() if signature is None else signature
    for path in ("ask", "answer"):
        refused = await site.post(path, "S1", signature=given, score=0)
        assert (refused.status_code, refused.json()) == (403, {"error": "signature"})
    for order in ("", "\x00", "x" * 300):
        assert (await site.answer(order, 9)).status_code == 403
    assert await answers(database) == []


async def test_what_the_shop_did_not_sign_uses_up_no_orders_requests(site: Site, database: Database) -> None:
    await buy(database)
    async with serve(build(database, POLICY, site.clock, token_limit="2/minute")) as client:
        limited = Site(client, site.clock, site.key, site.stamps)
        for _ in range(3):
            assert (await limited.post("ask", "S1", signature="0" * 64)).status_code == 403
        assert [(await limited.post("ask", "S1")).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("origin", [None, "https://evil.example.test", "null", "http://shop.example.test"])
async def test_only_the_shops_own_pages_may_ask(site: Site, database: Database, origin: str | None) -> None:
    await buy(database)
    refused = await site.post("answer", "S1", origin=origin, score=9)
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers
    assert await answers(database) == []


async def test_browsers_are_told_that_the_shops_pages_may_ask(site: Site, database: Database) -> None:
    asked = await site.post("ask", "S1")
    assert asked.headers["access-control-allow-origin"] == SHOP
    assert "Origin" in asked.headers["vary"]
    assert "access-control-allow-credentials" not in asked.headers
    assert "set-cookie" not in asked.headers
    allowed = {"origin": SHOP, "access-control-request-method": "POST"}
    assert (await site.client.options("/survey/ask", headers=allowed)).status_code == 200
    refused = await site.client.options("/survey/ask", headers={**allowed, "origin": "https://evil.example.test"})
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers


async def test_the_script_is_small_and_kept_by_browsers(site: Site) -> None:
    script = await site.client.get("/survey.js")
    assert len(script.content) < 8_000
    assert script.headers["content-type"].startswith("text/javascript")
    assert "max-age=3600" in script.headers["cache-control"]
    again = await site.client.get("/survey.js", headers={"if-none-match": script.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "values",
    [
        {"opted_out_at": NOW},
        {"consent": False},
        {"asked_at": NOW - timedelta(days=20)},
        {"not_before": NOW + timedelta(days=1)},
    ],
    ids=["opted out", "no consent", "asked lately", "not now"],
)
async def test_who_is_not_to_be_asked_sees_nothing(site: Site, database: Database, values: dict[str, Any]) -> None:
    customer_id = await buy(database)
    async with database.begin() as connection:
        await connection.execute(update(Customer).where(Customer.id == customer_id).values(**values))
    assert not await site.shows("S1")
    assert (await site.answer("S1", 9)).status_code == 200  # who has it before them may still answer
    assert len(await answers(database)) == 1


async def test_old_and_returned_orders_are_not_asked_about(site: Site, database: Database) -> None:
    customer_id = await buy(database, "S1", NOW - timedelta(days=15))
    async with database.begin() as connection:
        await add_sale(connection, customer_id, "S2", sold_at=NOW)
        await add_sale(connection, customer_id, "S3", sold_at=NOW, amount=-5, returns_sale="S2")
    assert [await site.shows(order) for order in ("S1", "S2", "S3")] == [False, False, False]


async def test_the_question_can_be_paused(site: Site, database: Database, database_url: str, tmp_path: Path) -> None:
    config = settings(tmp_path, database_url)
    assert await site.shows("S1")
    assert (await molva(config, "campaigns", "pause", "site")).status == 0
    assert not await site.shows("S1")
    assert (await molva(config, "campaigns", "cancel", "site")).status != 0
    assert (await molva(config, "campaigns", "resume", "site")).status == 0
    assert await site.shows("S1")


async def test_a_withdrawn_question_leaves_its_order_to_the_site(site: Site, database: Database) -> None:
    await buy(database, at=NOW - timedelta(days=5))
    await start_new(database)
    assert not await site.shows("S1")
    await cancel(database, "spring", NOW)
    assert await site.shows("S1")
    await site.answer("S1", 9)
    assert await answers(database) == [("1", "S1", 9, "web", "site", None)]
    assert not await site.shows("S1")


@pytest.mark.parametrize("score", ["11", "-1", "7.5", "ten", "", "٣"])
async def test_what_is_no_score_is_refused(site: Site, database: Database, score: str) -> None:
    refused = await site.answer("S1", score)
    assert (refused.status_code, refused.json()) == (400, {"error": "score"})
    assert await answers(database) == []


async def test_an_answer_stands_after_a_week(site: Site, database: Database) -> None:
    await buy(database)
    for order in ("S1", "N1"):
        await site.answer(order, 9)
    site.clock.now += timedelta(days=8)
    for order in ("S1", "N1"):
        assert (await site.answer(order, 1)).status_code == 410
    assert [row[2] for row in await answers(database)] == [9, 9]


async def test_a_rehearsal_shows_the_question_to_nobody_else(database: Database) -> None:
    await buy(database)
    async with database.begin() as connection:
        key = await ensure_key(connection, "site")
        other = await add_customer(connection, "2", email="me@example.test")
        await add_sale(connection, other, "S2", sold_at=NOW)
    async with serve(build(database, Policy(only=("me@example.test",)), Clock())) as client:
        site = Site(client, Clock(), key, Stamps(database))
        assert [await site.shows(order) for order in ("S1", "S2", "N1")] == [False, True, False]


async def test_without_scripts_the_order_has_a_page(site: Site, database: Database) -> None:
    await buy(database)
    signature = hmac.new(site.key.encode(), b"S1", "sha256").hexdigest()
    path = {"order": "S1", "signature": signature, "lang": "en"}
    page = await site.client.get("/order", params=path)
    assert "Would you recommend us" in page.text
    assert await answers(database) == []
    made_up = await site.client.post("/order", params=path, data={"score": "0"})
    assert await answers(database) == [("1", "S1", 0, "web", "site", "no_page")]
    assert 'name="stamp" value=""' not in made_up.text
    site.clock.now += timedelta(seconds=5)
    form = {
        "stamp": page.text.partition('name="stamp" value="')[2].partition('"')[0],
        "score": "10",
        "comment": "Great",
    }
    thanks = await site.client.post("/order", params=path, data=form)
    assert "We are glad" in thanks.text
    assert await answers(database) == [("1", "S1", 10, "web", "site", None)]
    assert "has its answer already" in (await site.client.get("/order", params=path)).text
    for wrong in ({**path, "signature": "0"}, {"order": "S1"}, {}):
        assert (await site.client.get("/order", params=wrong)).status_code == 404
        assert (await site.client.post("/order", params=wrong, data={"score": "1"})).status_code == 404


async def test_a_shop_that_names_no_site_has_no_such_addresses(database: Database) -> None:
    async def health() -> dict[str, str]:
        return {}

    app = build_web(database, web=WebSettings(), company=COMPANY, survey=POLICY, now=Clock(), health=health)
    async with serve(app) as client:
        for path in ("/survey.js", "/order"):
            assert (await client.get(path)).status_code == 404


async def test_the_command_shows_key_line_and_signature(site: Site, database_url: str, tmp_path: Path) -> None:
    config = settings(tmp_path, database_url)
    shown = json.loads((await molva(config, "links", "site", "--order", "S1", "--json")).output)
    assert shown["key"] == site.key
    assert shown["signature"] == hmac.new(site.key.encode(), b"S1", "sha256").hexdigest()
    assert shown["script"].startswith('<script src="https://nps.example.test/survey.js" data-order="S1"')
    ran = await molva(config, "links", "site")
    assert "web.site_origins" in ran.stderr
    renewed = json.loads((await molva(config, "links", "site", "--renew", "--json")).output)
    assert renewed["key"] != site.key
    assert (await site.answer("S1", 9)).status_code == 403


def test_the_documentation_signs_as_the_program_does() -> None:
    words = (Path(__file__).parents[2] / "docs" / "site.md").read_text(encoding="utf-8")
    assert sign("0123456789abcdef", "4711") in words
