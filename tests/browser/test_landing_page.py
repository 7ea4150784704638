"""The landing page in a browser: on a phone and a desktop, with scripts and without."""

import pytest
from playwright.async_api import Browser
from sqlalchemy import select

from storage.database import Database
from storage.models import Customer, Response
from tests.flow.world import ask_customer

pytestmark = pytest.mark.system

PHONE, DESKTOP = {"width": 320, "height": 640}, {"width": 1280, "height": 800}


async def ask(database: Database) -> str:
    async with database.begin() as connection:
        return (await ask_customer(connection, channel="email", language="ru")).token


async def answers(database: Database) -> list[tuple[int, str | None]]:
    async with database.read() as connection:
        rows = await connection.execute(select(Response.score, Response.comment))
        return [(row.score, row.comment) for row in rows]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_a_person_answers_changes_and_comments(
    browser: Browser, pages: str, database: Database, size: dict[str, int], scripts: bool
) -> None:
    token = await ask(database)
    context = await browser.new_context(viewport=size, java_script_enabled=scripts)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{pages}/r/{token}?score=9")
    assert await page.get_by_role("radio", name="9").is_checked()
    assert await answers(database) == []
    await page.get_by_role("radio", name="10").check()
    await page.get_by_role("textbox").fill("Тепло & уютно <3")
    await page.get_by_role("button").click()
    await page.get_by_role("status").wait_for()
    assert await answers(database) == [(10, "Тепло & уютно <3")]
    await page.get_by_role("radio", name="4").check()
    await page.get_by_role("button", name="Сохранить").click()
    await page.get_by_text("Нам жаль").wait_for()
    assert await answers(database) == [(4, "Тепло & уютно <3")]
    await context.close()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_the_page_fits_and_loads_alone(
    browser: Browser, pages: str, database: Database, size: dict[str, int]
) -> None:
    token = await ask(database)
    page = await browser.new_page(viewport=size)  # type: ignore[arg-type]
    requests, complaints = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    answer = await page.goto(f"{pages}/r/{token}?score=9")
    assert answer is not None
    assert len(await answer.body()) < 30_000
    assert [url for url in requests if "favicon" not in url] == [f"{pages}/r/{token}?score=9"]
    assert [text for text in complaints if "favicon" not in text] == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    await page.close()


async def test_the_keyboard_alone_answers(browser: Browser, pages: str, database: Database) -> None:
    token = await ask(database)
    page = await browser.new_page()
    await page.goto(f"{pages}/r/{token}?score=7")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Tab")
    await page.keyboard.type("ок")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.get_by_role("status").wait_for()
    assert await answers(database) == [(8, "ок")]
    await page.close()


async def test_a_scanner_with_a_whole_browser_leaves_no_score(browser: Browser, pages: str, database: Database) -> None:
    token = await ask(database)
    page = await browser.new_page()
    for score in range(11):
        await page.goto(f"{pages}/r/{token}?score={score}", wait_until="networkidle")
    await page.goto(f"{pages}/u/{token}", wait_until="networkidle")
    assert await answers(database) == []
    async with database.read() as connection:
        assert (await connection.execute(select(Customer.opted_out_at))).scalars().all() == [None]
    await page.close()


async def test_unsubscribing_and_back(browser: Browser, pages: str, database: Database) -> None:
    token = await ask(database)
    page = await browser.new_page()
    await page.goto(f"{pages}/r/{token}")
    await page.get_by_role("link", name="Больше меня не спрашивать").click()
    await page.get_by_role("button", name="Не присылать никаких вопросов").click()
    await page.get_by_text("Вы отписаны").wait_for()
    await page.get_by_role("button").click()
    await page.get_by_text("С возвращением").wait_for()
    await page.close()
