"""The question on the shop's site: signed orders alone, once each, by the daily round's rules; nothing is lost."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from bot.web.stamps import Stamps
from scheduler.asking.campaigning import CampaignProblem, cancel
from scheduler.asking.picking import pick
from scheduler.asking.policy import Policy
from scheduler.asking.reminding import remind
from scheduler.erasing import forget_customer
from scheduler.nameless import Said, record_nameless
from scheduler.site import sign
from scheduler.tying import tie_orders
from storage.database import Database
from storage.keys import ensure_key
from storage.models import Address, Campaign, Case, Customer, Delivery, Invitation, Response, ResponseChange, Sale
from tests.flow.campaigning import start_new
from tests.flow.command import molva
from tests.flow.test_web_pages import Clock
from tests.flow.visitor import READING
from tests.flow.world import COMPANY, NOW, add_customer, add_sale, ask_customer

SHOP = "https://shop.example.test"
POLICY = Policy(reasons={"detractor": ({"key": "late", "ru": "Поздно"}, {"key": "price", "ru": "Цена"})})
KINDS = [("telegram", "telegram"), ("email", "email")]


@dataclass
class Site:
    """The shop's page, and the program behind it."""

    client: httpx.AsyncClient
    clock: Clock
    key: str
    stamps: Stamps

    async def post(self, path: str, order: str, *, origin: str | None = SHOP, **form: Any) -> httpx.Response:
        signature = hmac.new(self.key.encode(), order.encode(), "sha256").hexdigest()
        headers = {"origin": origin} if origin else {}
        data = {"order": order, "signature": signature, "lang": "ru", **form}
        return await self.client.post(f"/survey/{path}", data=data, headers=headers)

    async def shows(self, order: str) -> bool:
        asked = await self.post("ask", order)
        assert asked.status_code == 200, asked.text
        return bool(asked.json()["show"])

    async def answer(self, order: str, score: object, **form: Any) -> httpx.Response:
        """By the question that the page has shown for a while."""
        stamp = await self.stamps.make(f"order {order.removesuffix('.0')}", self.clock.now - READING)
        return await self.post("answer", order, score=score, **{"stamp": stamp, **form})


@pytest.fixture
async def site(database: Database) -> AsyncIterator[Site]:
    async with database.begin() as connection:
        key = await ensure_key(connection, "site")
    clock = Clock()
    async with serve(database, POLICY, clock) as client:
        yield Site(client, clock, key, Stamps(database))


def serve(database: Database, policy: Policy, clock: Clock) -> Any:
    return _serve(build(database, policy, clock))


def build(database: Database, policy: Policy, clock: Clock, **web: Any) -> Any:
    async def health() -> dict[str, str]:
        return {}

    settings = WebSettings(site_origins=(SHOP,), **web)
    return build_web(database, web=settings, company=COMPANY, survey=policy, now=clock, health=health)


class _serve:  # noqa: N801 - reads as the function that it is
    def __init__(self, app: Any) -> None:
        self._server = HttpServer(app)

    async def __aenter__(self) -> httpx.AsyncClient:
        server = await self._server.__aenter__()
        self._client = httpx.AsyncClient(base_url=server.url)
        return self._client

    async def __aexit__(self, *error: object) -> None:
        await self._client.aclose()
        await self._server.__aexit__(*error)


async def buy(database: Database, order: str = "S1", at: datetime = NOW, **customer: Any) -> int:
    """A sale of a customer who has an e-mail address."""
    async with database.begin() as connection:
        customer_id = await add_customer(connection, "1", **{"email": "c1@example.test", **customer})
        await add_sale(connection, customer_id, order, sold_at=at)
        return customer_id


async def answers(database: Database) -> list[tuple[Any, ...]]:
    """(customer, sale, score, channel, source, why it is suspect)"""
    columns = (
        Customer.external_id, func.coalesce(Sale.external_id, Response.order_number), Response.score, Response.channel,
        Response.source, Response.suspect,
    )  # fmt: skip
    statement = select(*columns).select_from(Response).outerjoin(Customer, Customer.id == Response.customer_id)
    async with database.read() as connection:
        rows = await connection.execute(statement.outerjoin(Sale, Sale.id == Response.sale_id).order_by(Response.id))
        return [tuple(row) for row in rows]


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
    async with _serve(build(database, POLICY, site.clock, token_limit="2/minute")) as client:
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


async def test_an_order_that_no_import_has_brought_is_answered_and_tied_to_its_sale(
    site: Site, database: Database
) -> None:
    assert await site.shows("17850.0")
    await site.answer("17850.0", 2, comment="Не привезли")
    await site.answer("17850", 3)
    assert await answers(database) == [(None, "17850", 3, "web", "site", None)]
    assert not await site.shows("17850")
    customer_id = await buy(database, "17850", NOW - timedelta(days=3, hours=1))
    site.clock.now += timedelta(hours=2)
    assert (await pick(database, POLICY, COMPANY, KINDS, site.clock.now)).picked == 0
    assert await answers(database) == [("1", "17850", 3, "web", "site", None)]
    async with database.read() as connection:
        invitation = (
            await connection.execute(select(Invitation.status, Invitation.queued_at, Invitation.answered_at))
        ).one()
        assert tuple(invitation) == ("answered", NOW, NOW)
        moments = await connection.execute(select(Customer.asked_at).where(Customer.id == customer_id))
        assert moments.scalar_one() == NOW
        assert (await connection.execute(select(Address.asked_at))).scalars().all() == [NOW]
        assert len((await connection.execute(select(Case.id))).all()) == 1
    assert await tie_orders(database, POLICY, NOW) == 0
    await site.answer("17850", 9)  # changed by its customer, within the days for that
    assert await answers(database) == [("1", "17850", 9, "web", "site", None)]


async def test_an_import_ties_the_answers_that_came_before_it(
    site: Site, database: Database, database_url: str, tmp_path: Path
) -> None:
    await site.answer("A-7", 9)
    await site.answer("A-8", 8)
    file = tmp_path / "sales.csv"
    file.write_text(
        "sale_id,sold_at,customer_id,amount,email\nA-7,2026-11-17,5,10,a@example.test\nA-8,2026-11-17,,10,\n"
    )
    ran = await molva(settings(tmp_path, database_url), "sales", "import", str(file), "--json")
    assert ran.status == 0, ran.stderr
    assert await answers(database) == [("5", "A-7", 9, "web", "site", None), (None, "A-8", 8, "web", "site", None)]
    async with database.read() as connection:
        assert None not in (await connection.execute(select(Address.asked_at))).scalars().all()


async def test_an_answer_stored_while_its_sale_is_imported_is_tied_with_the_next_look_for_reminders(
    site: Site, database: Database
) -> None:
    await site.answer("S1", 9)
    await buy(database)  # its import had looked for answers already
    await remind(database, POLICY, COMPANY, ("telegram",), NOW)
    assert await answers(database) == [("1", "S1", 9, "web", "site", None)]


async def test_a_score_changed_at_the_moment_of_the_tie_becomes_a_case(site: Site, database: Database) -> None:
    await site.answer("S1", 9)
    await buy(database)
    await tie_orders(database, POLICY, NOW)
    said = Said(score=1, text="Разбито", reasons=None, at=NOW, suspect=None)
    async with database.begin() as connection:  # by a page that had looked its order up before
        await record_nameless(connection, POLICY, COMPANY, said, name={"order_number": "S1"}, beside={})
    async with database.read() as connection:
        assert (await connection.execute(select(Case.opened_score))).scalars().all() == [1]


async def test_a_person_takes_the_place_of_a_robot(site: Site, database: Database) -> None:
    await site.answer("N1", 0, website="http://spam.test", comment="buy now", reasons="shown", **{"reason:late": "on"})
    assert await answers(database) == [(None, "N1", 0, "web", "site", "trap")]
    assert await site.shows("N1")
    site.clock.now += timedelta(days=20)  # longer than an answer may be changed
    kept = (await site.answer("N1", 0)).json()
    assert (kept["score"], kept["comment"], kept["ticked"]) == (0, "", [])
    assert await answers(database) == [(None, "N1", 0, "web", "site", None)]
    async with database.read() as connection:
        row = (await connection.execute(select(Response.answered_at, Response.day))).one()
    assert (row.answered_at, row.day) == (site.clock.now, COMPANY.local_day(site.clock.now))


@pytest.mark.parametrize("stamp", ["", "forged", None])
async def test_a_score_that_no_question_asked_for_is_suspect(site: Site, database: Database, stamp: str | None) -> None:
    customer_id = await buy(database)
    given = await site.stamps.make("order N1", site.clock.now - READING) if stamp is None else stamp
    asked = (await site.post("ask", "S1")).json()
    assert (await site.answer("S1", 0, stamp=given)).status_code == 200
    assert await answers(database) == [("1", "S1", 0, "web", "site", "no_page")]
    assert await site.shows("S1")  # nobody was asked yet
    site.clock.now += timedelta(seconds=5)
    await site.answer("S1", 9, stamp=asked["stamp"])
    assert await answers(database) == [("1", "S1", 9, "web", "site", None)]
    async with database.begin() as connection:
        await add_sale(connection, customer_id, "S2", sold_at=NOW)
    assert not await site.shows("S2")  # now they were


async def test_a_withdrawn_question_leaves_its_order_to_the_site(site: Site, database: Database) -> None:
    await buy(database, at=NOW - timedelta(days=5))
    await start_new(database)
    assert not await site.shows("S1")
    await cancel(database, "spring", NOW)
    assert await site.shows("S1")
    await site.answer("S1", 9)
    assert await answers(database) == [("1", "S1", 9, "web", "site", None)]
    assert not await site.shows("S1")


async def test_a_robot_does_not_displace_a_person(site: Site, database: Database) -> None:
    await site.answer("N1", 9, comment="Тепло")
    site.clock.now += timedelta(days=1)
    await site.answer("N1", 0, comment="spam", website="x")
    assert await answers(database) == [(None, "N1", 9, "web", "site", None)]
    for score in range(5):
        await site.answer("N1", score)
    assert await answers(database) == [(None, "N1", 9, "web", "site", None)]
    async with database.read() as connection:
        assert (await connection.execute(select(Response.comment))).scalar_one() == "Тепло"


async def test_an_answer_that_came_before_its_sale_settles_the_question_asked_meanwhile(
    site: Site, database: Database
) -> None:
    await site.answer("S1", 3)
    customer_id = await buy(database)
    async with database.begin() as connection:
        sale_id = (await connection.execute(select(Sale.id))).scalar_one()
        asked = await ask_customer(connection, "2", channel="email")
        await connection.execute(update(Invitation).values(customer_id=customer_id, sale_id=sale_id))
    assert await tie_orders(database, POLICY, NOW) == 1
    assert await answers(database) == [("1", "S1", 3, "web", "site", None)]
    async with database.read() as connection:
        invitation = (await connection.execute(select(Invitation.id, Invitation.status, Invitation.token))).one()
        assert (invitation.status, invitation.token) == ("answered", asked.token)
        assert (await connection.execute(select(Response.invitation_id))).scalar_one() == invitation.id
    await site.answer("S1", 9)
    assert await answers(database) == [("1", "S1", 9, "web", "site", None)]


async def test_a_campaign_asks_nobody_who_has_answered_on_the_site(site: Site, database: Database) -> None:
    await site.answer("S1", 9)
    await buy(database, at=NOW - timedelta(days=5))  # by an import that was cut off before it tied anything
    with pytest.raises(CampaignProblem, match="nobody"):
        await start_new(database)
    assert await answers(database) == [("1", "S1", 9, "web", "site", None)]


async def test_whoever_was_erased_is_not_known_again_by_an_order(site: Site, database: Database) -> None:
    await site.answer("S1", 1, comment="Это я, Анна")
    await buy(database)
    async with database.begin() as connection:
        await forget_customer(connection, number="1", now=NOW)
    assert await tie_orders(database, POLICY, NOW) == 1
    assert (await site.answer("S1", 2, comment="Снова Анна")).status_code == 410
    signature = hmac.new(site.key.encode(), b"S1", "sha256").hexdigest()
    for page in (site.client.get, site.client.post):
        assert (await page("/order", params={"order": "S1", "signature": signature})).status_code == 404
    async with database.read() as connection:
        assert (await connection.execute(select(Response.score, Response.comment))).all() == [(1, None)]
        assert (await connection.execute(select(ResponseChange.comment))).scalars().all() == [None]
        for table in (Invitation, Case):
            assert (await connection.execute(select(func.count()).select_from(table))).scalar_one() == 0


async def test_a_robots_answer_is_tied_without_settling_anything(site: Site, database: Database) -> None:
    await site.answer("S1", 0, website="x")
    await buy(database)
    assert await tie_orders(database, POLICY, NOW) == 1
    assert await site.shows("S1")
    await site.answer("S1", 9)
    assert await answers(database) == [
        ("1", "S1", 0, "web", "site", "trap"),
        ("1", "S1", 9, "web", "site", None),
    ]


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
    async with serve(database, Policy(only=("me@example.test",)), Clock()) as client:
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
    async with _serve(app) as client:
        for path in ("/survey.js", "/order"):
            assert (await client.get(path)).status_code == 404


async def test_two_answers_to_one_new_order_at_once_are_one(site: Site, database: Database) -> None:
    await buy(database)
    for order in ("S1", "N1"):
        sent = await asyncio.gather(*(site.answer(order, 9) for _ in range(4)))
        assert [one.status_code for one in sent] == [200] * 4
    assert len(await answers(database)) == 2


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


def settings(folder: Path, url: str) -> Path:
    path = folder / "config.toml"
    path.write_text(f'[database]\nurl = "{url}"\n[web]\npublic_url = "https://nps.example.test"\n', encoding="utf-8")
    return path
