"""Public links: anybody answers once a visit, nobody knows who; they count, and who answers often is doubted."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from scheduler.asking.policy import Policy
from storage.counters import ensure_counter
from storage.counts import count_scores
from storage.database import Database
from storage.models import Case, Response, ResponseChange
from storage.segments import Part, count_by_parts
from tests.flow.command import molva
from tests.flow.test_suspect_answers import digest
from tests.flow.test_web_pages import Clock
from tests.flow.world import COMPANY, NOW

TODAY = COMPANY.local_day(NOW)
POLICY = Policy(reasons={"detractor": ({"key": "queue", "ru": "Очередь"}, {"key": "price", "ru": "Цена"})})


@dataclass
class Stand:
    """A link at a counter, and whoever opens it."""

    client: httpx.AsyncClient
    clock: Clock
    path: str

    async def open(self) -> str:
        """The stamp of a fresh page."""
        page = await self.client.get(self.path)
        assert page.status_code == 200
        return stamp_in(page)

    async def send(self, stamp: str, after: float = 5, **form: Any) -> httpx.Response:
        """The page's form, some seconds later."""
        self.clock.now += timedelta(seconds=after)
        data = {"stamp": stamp, **{name: str(value) for name, value in form.items()}}
        return await self.client.post(self.path, data=data)


def stamp_in(page: httpx.Response) -> str:
    found = re.search(r'name="stamp" value="([^"]+)"', page.text)
    assert found
    return found[1]


@pytest.fixture
async def stand(database: Database) -> AsyncIterator[Stand]:
    async def health() -> dict[str, str]:
        return {}

    async with database.begin() as connection:
        token = await ensure_counter(connection, "Тверская", NOW)
    clock, web = Clock(), WebSettings(counter_limit="3/hour")
    app = build_web(database, web=web, company=COMPANY, survey=POLICY, now=clock, health=health)
    async with HttpServer(app) as server, httpx.AsyncClient(base_url=server.url) as client:
        yield Stand(client, clock, f"/c/{token}")


async def answers(database: Database) -> list[tuple[int, str | None, str | None]]:
    """(score, comment, why it is suspect)"""
    async with database.read() as connection:
        rows = await connection.execute(
            select(Response.score, Response.comment, Response.suspect).order_by(Response.id)
        )
        return [(row.score, row.comment, row.suspect) for row in rows]


async def test_anybody_answers_and_says_more_on_the_same_page(stand: Stand, database: Database) -> None:
    stamp = await stand.open()
    assert await answers(database) == []
    thanks = await stand.send(stamp, score=3)
    assert "Нам жаль" in thanks.text
    assert "Очередь" in thanks.text
    again = stamp_in(thanks)
    assert again == stamp
    more: dict[str, Any] = {"score": 3, "comment": "Ждал час", "reasons": "shown", "reason:queue": "on"}
    await stand.send(again, **more)
    assert await answers(database) == [(3, "Ждал час", None)]
    async with database.read() as connection:
        row = (await connection.execute(select(Response.__table__))).one()
        assert (await connection.execute(select(Case.id))).all() == []
        assert len((await connection.execute(select(ResponseChange.id))).all()) == 2
    assert (row.customer_id, row.channel, row.source, row.reasons) == (None, "web", "counter", ["queue"])
    assert row.day == COMPANY.local_day(NOW)


async def test_a_form_that_comes_twice_is_one_answer(stand: Stand, database: Database) -> None:
    stamp = await stand.open()
    for _ in range(3):
        assert (await stand.send(stamp, score=10)).status_code == 200
    assert await answers(database) == [(10, None, None)]


async def test_the_next_person_at_the_same_tablet_gets_a_page_of_their_own(stand: Stand, database: Database) -> None:
    thanks = await stand.send(await stand.open(), score=10)
    assert "Новый ответ" in thanks.text
    await stand.send(await stand.open(), score=2)
    assert await answers(database) == [(10, None, None), (2, None, None)]


@pytest.mark.parametrize("stamp", ["", "x", "x.y.z", "a.19a.0123456789abcdef", "\x00.\x00.\x00"])
async def test_a_form_that_no_page_of_ours_sent_is_asked_again(stand: Stand, database: Database, stamp: str) -> None:
    page = await stand.send(stamp, score=0, comment="накрутка")
    assert page.status_code == 400
    assert "накрутка" in page.text
    assert 'value="0" required checked' in page.text
    assert await answers(database) == []
    await stand.send(stamp_in(page), score=0)
    assert await answers(database) == [(0, None, None)]


async def test_a_stamp_of_another_link_or_of_yesterday_is_none(stand: Stand, database: Database) -> None:
    stamp = await stand.open()
    async with database.begin() as connection:
        other = await ensure_counter(connection, "", NOW)
    assert (await stand.client.post(f"/c/{other}", data={"stamp": stamp, "score": "9"})).status_code == 400
    assert (await stand.send(stamp, after=90_000, score=9)).status_code == 400
    assert await answers(database) == []


async def test_many_answers_from_one_address_are_kept_apart(stand: Stand, database: Database) -> None:
    for _ in range(5):
        await stand.send(await stand.open(), score=10)
    assert [suspect for _, _, suspect in await answers(database)] == [None] * 3 + ["one_address"] * 2


@pytest.mark.parametrize(("form", "after", "why"), [({"website": "x"}, 5, "trap"), ({}, 0.1, "too_fast")])
async def test_robots_are_told_as_behind_a_letters_link(
    stand: Stand, database: Database, form: dict[str, Any], after: float, why: str
) -> None:
    await stand.send(await stand.open(), after, score=0, **form)
    assert await answers(database) == [(0, None, why)]


async def test_several_scores_within_seconds_are_suspect(stand: Stand, database: Database) -> None:
    stamp = await stand.open()
    for score in (1, 2, 3):
        await stand.send(stamp, 1, score=score)
    assert await answers(database) == [(3, None, "many_scores")]


async def test_a_robot_on_a_persons_page_does_not_displace_their_answer(stand: Stand, database: Database) -> None:
    stamp = await stand.open()
    await stand.send(stamp, score=9, comment="Тепло")
    await stand.send(stamp, after=60, score=0, comment="spam", website="x")
    assert await answers(database) == [(9, "Тепло", None)]


async def test_a_forged_link_leads_nowhere(stand: Stand, database: Database) -> None:
    for token in ("x" * 22, "forged", "%00" * 20, "й" * 22):
        assert (await stand.client.get(f"/c/{token}")).status_code == 404
        assert (await stand.client.post(f"/c/{token}", data={"score": "9"})).status_code == 404
    stamp = await stand.open()
    assert (await stand.send(stamp, score=11)).status_code == 400
    assert await answers(database) == []


async def test_visits_of_scanners_store_nothing(stand: Stand, database: Database) -> None:
    for score in range(11):
        assert (await stand.client.get(stand.path, params={"score": score})).status_code == 200
        assert (await stand.client.head(stand.path)).status_code == 200
    assert await answers(database) == []


async def test_the_page_speaks_the_browsers_language(stand: Stand) -> None:
    page = await stand.client.get(stand.path, headers={"accept-language": "en-GB"})
    assert "Would you recommend us" in page.text
    assert 'lang="en"' in page.text


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(f'[database]\nurl = "{database_url}"\n[web]\npublic_url = "https://nps.example.test/molva"\n')
    return path


async def test_nameless_answers_count_and_are_shown_as_such(stand: Stand, database: Database, config: Path) -> None:
    await stand.send(await stand.open(), score=2, comment="Грубят")
    await stand.send(await stand.open(), score=9)
    week = await digest(config)
    assert (week["n"], week["nps"], week["nameless"]) == (2, 0, 2)
    shown = (await molva(config, "digest", "--week", "2026-W47")).output
    assert "2 ответа без имени" in shown
    assert "2 — без имени: «Грубят»" in shown
    exported = (await molva(config, "responses", "export", "--format", "csv")).stdout.decode("utf-8-sig")
    first, _ = csv.DictReader(io.StringIO(exported, newline=""))
    assert (first["customer"], first["source"], first["store"]) == ("", "counter", "Тверская")


async def test_nameless_answers_count_for_the_store_whose_link_it_is(stand: Stand, database: Database) -> None:
    await stand.send(await stand.open(), score=9)
    async with database.read() as connection:
        parts = await count_by_parts(connection, TODAY, TODAY, [Part.STORE])
        mine = await count_scores(connection, TODAY, TODAY, store="Тверская")
        other = await count_scores(connection, TODAY, TODAY, store="Арбат")
    assert [(part.values, part.score, part.count) for part in parts] == [(("Тверская",), 9, 1)]
    assert list(mine.values()) == [{9: 1}]
    assert other == {}


async def test_staff_accept_a_nameless_answer(stand: Stand, database: Database, config: Path) -> None:
    await stand.send(await stand.open(), score=2, website="x")
    [one] = json.loads((await molva(config, "responses", "list", "--suspect", "--json")).output)["responses"]
    assert one["customer"] is None
    assert "—" in (await molva(config, "responses", "list")).output
    assert (await molva(config, "responses", "accept", str(one["response"]))).status == 0
    assert (await digest(config))["n"] == 1


async def test_a_stores_link_stays_until_it_is_renewed(config: Path, database: Database, tmp_path: Path) -> None:
    async def made(*arguments: str) -> list[str]:
        ran = await molva(config, "links", "counter", "--store", "Тверская", "--store", "Арбат", "--json", *arguments)
        assert ran.status == 0, ran.stderr
        return [one["link"] for one in json.loads(ran.output)["links"]]

    first = await made()
    assert first[0].startswith("https://nps.example.test/molva/c/")
    assert await made() == first
    assert set(await made("--renew")) & set(first) == set()
    assert (await molva(config, "links", "counter")).output.startswith("https://nps.example.test/molva/c/")


async def test_links_are_written_as_code_sheet_and_rows(config: Path, database: Database, tmp_path: Path) -> None:
    async def write(name: str, *stores: str) -> bytes:
        named = [part for store in stores for part in ("--store", store)]
        ran = await molva(config, "links", "counter", *named, "--out", str(tmp_path / name))
        assert ran.status == 0, ran.stderr
        return (tmp_path / name).read_bytes()

    assert (await write("a.png", "Арбат")).startswith(b"\x89PNG")
    assert (await write("a.pdf", "Арбат", "$x^2$")).count(b"/Type /Page ") == 2
    rows = list(csv.DictReader(io.StringIO((await write("a.csv", "=cmd()")).decode("utf-8-sig"), newline="")))
    assert rows[0]["store"] == "'=cmd()"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--out", "a.doc"), ".png, .pdf, .csv"),
        (("--out", "a.png", "--store", "A", "--store", "B"), "one code"),
        (("--store", " "), "name the store"),
    ],
)
async def test_a_wrong_call_says_what_to_do(config: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = await molva(config, "links", "counter", *arguments)
    assert ran.status == 2
    assert said in ran.stderr
