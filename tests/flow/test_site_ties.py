"""Answers on the site that came before their sale, or from robots: tied later, counted once, nothing is lost."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from scheduler.asking.campaigning import CampaignProblem
from scheduler.asking.picking import pick
from scheduler.asking.reminding import remind
from scheduler.erasing import forget_customer
from scheduler.nameless import Said, record_nameless
from scheduler.tying import tie_orders
from storage.database import Database
from storage.models import Address, Case, Customer, Invitation, Response, ResponseChange, Sale
from tests.flow.campaigning import start_new
from tests.flow.command import molva
from tests.flow.site_shop import KINDS, POLICY, Site, answers, buy, open_site, settings
from tests.flow.visitor import READING
from tests.flow.world import COMPANY, NOW, add_sale, ask_customer


@pytest.fixture
async def site(database: Database) -> AsyncIterator[Site]:
    async with open_site(database) as opened:
        yield opened


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


async def test_two_answers_to_one_new_order_at_once_are_one(site: Site, database: Database) -> None:
    await buy(database)
    for order in ("S1", "N1"):
        sent = await asyncio.gather(*(site.answer(order, 9) for _ in range(4)))
        assert [one.status_code for one in sent] == [200] * 4
    assert len(await answers(database)) == 2
