"""The pages over real HTTP: visits store nothing, a posted answer is stored once, a bad link says so."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, text, update

from bot.links import TEST_TOKEN
from bot.pulse import Pulse
from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from storage.database import Database
from storage.models import Customer, Delivery, Invitation, Response, ResponseChange
from storage.statuses import DeliveryStatus
from tests.flow.visitor import Visitor
from tests.flow.world import COMPANY, NOW, POLICY, Seeded, ask_customer


class Clock:
    """The moment that the pages take for now."""

    def __init__(self) -> None:
        self.now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(database: Database, clock: Clock) -> AsyncIterator[Visitor]:
    async def health() -> dict[str, str]:
        return {"database": ""}

    web = WebSettings(public_url="https://nps.example.test/molva")
    app = build_web(database, web=web, company=COMPANY, survey=POLICY, now=clock, health=health)
    async with HttpServer(app) as server, Visitor(database, server.url, clock) as opened:
        yield opened


@pytest.fixture
async def asked(database: Database) -> Seeded:
    async with database.begin() as connection:
        return await ask_customer(connection, channel="email", language="ru", name="Анна <b>")


async def responses(database: Database) -> list[tuple[int, str | None]]:
    async with database.read() as connection:
        rows = await connection.execute(select(Response.score, Response.comment))
        return [(row.score, row.comment) for row in rows]


async def test_a_scanner_opening_the_link_leaves_no_score(client: Visitor, asked: Seeded, database: Database) -> None:
    for score in range(11):
        page = await client.get(f"/r/{asked.token}", params={"score": score})
        assert page.status_code == 200
        assert (await client.head(f"/r/{asked.token}?score={score}")).status_code == 200
    assert await responses(database) == []


async def test_the_linked_score_is_marked_and_nothing_else_loaded(client: Visitor, asked: Seeded) -> None:
    page = await client.get(f"/r/{asked.token}?score=9")
    assert page.text.count(" checked") == 1
    assert 'value="9" required checked' in page.text
    assert "Готовы ли вы рекомендовать" in page.text
    assert 'lang="ru"' in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in page.headers
    assert "http://" not in page.text
    assert "https://" not in page.text


async def test_a_posted_answer_is_stored_with_its_comment_and_can_be_changed(
    client: Visitor, asked: Seeded, database: Database, clock: Clock
) -> None:
    page = await client.fill_in(f"/r/{asked.token}?score=9", {"score": "3", "comment": "<script>alert(1)</script>"})
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text
    clock.now += timedelta(days=3)
    await client.fill_in(f"/r/{asked.token}", {"score": "8", "comment": ""})
    assert await responses(database) == [(8, "<script>alert(1)</script>")]
    async with database.read() as connection:
        history = (await connection.execute(select(ResponseChange.score).order_by(ResponseChange.id))).scalars().all()
    assert history == [3, 3, 8]


async def test_a_double_click_stores_one_answer(client: Visitor, asked: Seeded, database: Database) -> None:
    for _ in range(2):
        assert (await client.fill_in(f"/r/{asked.token}", {"score": "10"})).status_code == 200
    assert await responses(database) == [(10, None)]


@pytest.mark.parametrize("score", ["11", "-1", "7.5", "ten", "", None])
async def test_what_is_no_score_is_asked_again_and_the_comment_kept(
    client: Visitor, asked: Seeded, database: Database, score: str | None
) -> None:
    said = "ждал час" * 2_000  # longer than is kept: whoever wrote it may still shorten it themselves
    form = {"comment": said} | ({} if score is None else {"score": score})
    page = await client.fill_in(f"/r/{asked.token}", form)
    assert page.status_code == 400
    assert said in page.text
    assert "от 0 до 10" in page.text
    assert await responses(database) == []


async def test_after_seven_days_the_answer_stands(
    client: Visitor, asked: Seeded, database: Database, clock: Clock
) -> None:
    await client.fill_in(f"/r/{asked.token}", {"score": "2"})
    clock.now += timedelta(days=8)
    page = await client.fill_in(f"/r/{asked.token}", {"score": "9"})
    assert "изменить её уже нельзя" in page.text
    assert "изменить её уже нельзя" in (await client.get(f"/r/{asked.token}")).text
    assert await responses(database) == [(2, None)]


@pytest.mark.parametrize("token", ["x" * 22, "forged", "%00" * 20, "..%2f..%2fetc", "й" * 22])
async def test_a_forged_link_is_not_found(client: Visitor, asked: Seeded, token: str) -> None:
    for path in (f"/r/{token}", f"/u/{token}"):
        assert (await client.get(path)).status_code == 404
        assert (await client.post(path, data={"score": "9"})).status_code == 404


async def test_an_expired_link_is_gone_but_still_unsubscribes(
    client: Visitor, asked: Seeded, database: Database, clock: Clock
) -> None:
    clock.now += timedelta(days=61)
    assert (await client.get(f"/r/{asked.token}?score=9")).status_code == 410
    assert (await client.fill_in(f"/r/{asked.token}", {"score": "9"})).status_code == 410
    assert await responses(database) == []
    assert (await client.post(f"/u/{asked.token}")).status_code == 200
    assert await opted_out(database)


async def test_a_link_that_was_answered_says_so_and_until_when_it_can_be_changed(
    client: Visitor, asked: Seeded, clock: Clock
) -> None:
    await client.fill_in(f"/r/{asked.token}", {"score": "2", "comment": "Долго"})
    clock.now += timedelta(days=1)
    page = await client.get(f"/r/{asked.token}?score=9")
    assert "Вы уже ответили: 2. Ответ можно изменить до 25 ноября." in page.text
    assert 'value="9" required checked' in page.text
    assert "Долго</textarea>" in page.text


async def test_a_link_of_a_cancelled_campaign_says_so_and_still_answers(
    client: Visitor, asked: Seeded, database: Database
) -> None:
    async with database.begin() as connection:
        await connection.execute(update(Invitation).values(status="closed", closed_reason="cancelled"))
    assert "отозвали" in (await client.get(f"/r/{asked.token}")).text
    assert (await client.fill_in(f"/r/{asked.token}", {"score": "9"})).status_code == 200
    assert await responses(database) == [(9, None)]


async def test_an_expired_link_speaks_its_customers_language_and_tells_the_answer(
    client: Visitor, database: Database, clock: Clock
) -> None:
    async with database.begin() as connection:
        silent = await ask_customer(connection, "1", channel="email", language="en")
        answered = await ask_customer(connection, "2", channel="email", language="en")
    await client.fill_in(f"/r/{answered.token}", {"score": "7"})
    clock.now += timedelta(days=61)
    assert "This link has expired" in (await client.get(f"/r/{silent.token}")).text
    assert "Your answer was 7" in (await client.get(f"/r/{answered.token}")).text


@pytest.mark.parametrize("path", [f"/r/{TEST_TOKEN}?score=9", f"/u/{TEST_TOKEN}", f"/molva/r/{TEST_TOKEN}"])
async def test_a_link_of_a_test_letter_says_so_and_stores_nothing(
    client: Visitor, database: Database, path: str
) -> None:
    for page in (await client.get(path), await client.post(path, data={"score": "9"})):
        assert (page.status_code, "Это проверочное письмо" in page.text) == (200, True)
    assert "This is a test letter" in (await client.get(path, headers={"accept-language": "en"})).text
    assert await responses(database) == []


async def test_a_forged_link_speaks_the_browsers_language(client: Visitor) -> None:
    english = await client.get("/r/forged", headers={"accept-language": "en-GB,ru;q=0.5"})
    assert "leads nowhere" in english.text
    assert 'lang="en"' in english.text
    assert "Такой ссылки нет" in (await client.get("/r/forged", headers={"accept-language": "fi"})).text


async def test_unsubscribing_takes_a_post_and_can_be_undone(client: Visitor, asked: Seeded, database: Database) -> None:
    page = await client.get(f"/u/{asked.token}")
    assert "Больше не присылать вопросы?" in page.text
    assert not await opted_out(database)
    one_click = await client.post(f"/u/{asked.token}", data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    assert await opted_out(database)
    await client.post(f"/u/{asked.token}", data={"action": "undo"})
    assert not await opted_out(database)


async def test_declining_one_question_leaves_the_others_and_can_be_undone(client: Visitor, database: Database) -> None:
    async with database.begin() as connection:
        asked = await ask_customer(connection, channel="email", status=DeliveryStatus.QUEUED)
    page = await client.post(f"/u/{asked.token}", data={"action": "decline"})
    assert "Больше не спросим об этом" in page.text
    assert "больше не пришлёт вам этот вопрос" in (await client.get(f"/u/{asked.token}")).text
    assert await waiting(database) == ("closed", "declined", "cancelled")
    assert not await opted_out(database)
    await client.post(f"/u/{asked.token}", data={"action": "undo"})
    assert await waiting(database) == ("open", None, "cancelled")
    await client.post(f"/u/{asked.token}", data={"action": "decline"})
    await client.fill_in(f"/r/{asked.token}", {"score": "9"})
    assert await responses(database) == [(9, None)]
    await client.post(f"/u/{asked.token}", data={"action": "stop"})
    assert await opted_out(database)


@pytest.mark.parametrize("over", ["answered", "expired"])
async def test_declining_what_is_over_is_confirmed_too(
    client: Visitor, asked: Seeded, database: Database, over: str
) -> None:
    if over == "answered":
        await client.fill_in(f"/r/{asked.token}", {"score": "3"})
    else:
        async with database.begin() as connection:
            await connection.execute(update(Invitation).values(status="closed", closed_reason="expired"))
    page = await client.post(f"/u/{asked.token}", data={"action": "decline"})
    assert "Больше не спросим об этом" in page.text
    assert "Только этот вопрос" not in page.text
    assert "Не присылать никаких вопросов" in page.text


async def waiting(database: Database) -> tuple[str, str | None, str]:
    """(status of the invitation, why it is closed, status of its delivery)"""
    async with database.read() as connection:
        statement = select(Invitation.status, Invitation.closed_reason, Delivery.status).join(Delivery)
        status, reason, delivery = (await connection.execute(statement)).one()
        return status, reason, delivery


async def test_a_comment_of_a_hundred_thousand_characters_is_cut_and_said(
    client: Visitor, asked: Seeded, database: Database
) -> None:
    before = (await client.get(f"/r/{asked.token}")).text
    assert "До 10\N{NO-BREAK SPACE}000 знаков" in before
    assert "maxlength" not in before  # browsers cut without a word
    page = await client.fill_in(f"/r/{asked.token}", {"score": "5", "comment": "ы" * 100_000})
    assert page.status_code == 200
    assert "первые 10\N{NO-BREAK SPACE}000 знаков" in page.text
    assert [len(comment or "") for _, comment in await responses(database)] == [10_000]


async def test_a_body_without_end_or_of_another_kind_is_refused(client: Visitor, asked: Seeded) -> None:
    too_large = urlencode({"score": "5", "comment": "x" * 3_000_000}).encode()
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert (await client.post(f"/r/{asked.token}", content=too_large, headers=form)).status_code == 413
    json = await client.post(f"/r/{asked.token}", json={"score": 9})
    assert json.status_code == 415
    fields = "&".join(f"f{n}=1" for n in range(1000)).encode()
    assert (await client.post(f"/r/{asked.token}", content=fields, headers=form)).status_code == 400


async def test_a_multipart_form_is_read_too(client: Visitor, asked: Seeded, database: Database) -> None:
    await client.post(f"/r/{asked.token}", files={"score": (None, "7"), "comment": (None, "ок")})
    assert await responses(database) == [(7, "ок")]


async def test_the_pages_stand_under_the_public_path_as_well(client: Visitor, asked: Seeded) -> None:
    assert (await client.get(f"/molva/r/{asked.token}")).status_code == 200
    assert (await client.get("/molva/healthz")).json()["status"] == "ok"


@pytest.mark.parametrize("path", ["/r/x", "/u/x", "/c/x", "/molva/r/x"])
async def test_another_method_is_told_every_method_that_there_is(client: Visitor, path: str) -> None:
    answer = await client.put(path)
    assert answer.status_code == 405
    assert {method.strip() for method in answer.headers["allow"].split(",")} == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize("path", ["/r/{}/", "/molva/r/{}/", "/u/{}/", "/molva", "/healthz/"])
async def test_no_address_leads_to_where_the_program_listens(client: Visitor, asked: Seeded, path: str) -> None:
    answer = await client.get(path.format(asked.token))
    assert (answer.status_code, answer.headers.get("location")) == (404, None)


async def test_healthz_tells_another_schema_from_a_database_that_is_away(database: Database) -> None:
    pulse = Pulse(database)
    assert await pulse.report() == {"database": ""}
    async with database.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert "the schema of another version: run `molva init`" in (await pulse.report())["database"]
    away = Database("postgresql+asyncpg://nobody@127.0.0.1:9/molva")
    assert await Pulse(away).report() == {"database": "does not answer"}
    await away.close()


async def test_healthz_says_that_all_is_well(client: Visitor) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok", "parts": {"database": "ok"}}


async def opted_out(database: Database) -> bool:
    async with database.read() as connection:
        moments = (await connection.execute(select(Customer.opted_out_at))).scalars().all()
    return any(moment is not None for moment in moments)
