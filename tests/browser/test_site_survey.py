"""The question in a shop's page: on a phone and a desktop, by keyboard, with a strict policy and hostile CSS."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import select

from scheduler.asking.policy import Policy
from storage.database import Database
from storage.models import Response
from tests.browser.shop import Shop, counter_path, run_shop
from tests.browser.test_accessibility import found_on
from tests.browser.test_landing_page import DESKTOP, PHONE
from tests.flow.world import COMPANY

pytestmark = pytest.mark.system

POLICY = Policy(reasons={"promoter": ({"key": "people", "ru": "Продавцы", "en": "The staff"},)})
QUESTION = "Would you recommend us to your friends?"


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Shop]:
    async with run_shop(database, COMPANY, POLICY) as running:
        yield running


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    opened = await browser.new_context()
    yield opened
    await opened.close()


async def answers(database: Database) -> list[tuple[Any, ...]]:
    async with database.read() as connection:
        columns = (Response.order_number, Response.score, Response.comment, Response.reasons, Response.suspect)
        return [tuple(row) for row in await connection.execute(select(*columns).order_by(Response.id))]


async def open_question(page: Page, address: str) -> None:
    await page.goto(address)
    await expect(page.get_by_role("region", name=QUESTION)).to_be_visible()
    await asyncio.sleep(0.5)  # no person is faster


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_a_customer_answers_in_the_shops_page(
    browser: Browser, shop: Shop, database: Database, size: dict[str, int]
) -> None:
    context = await browser.new_context(viewport=size)  # type: ignore[arg-type]
    page, complaints = await context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await open_question(page, shop.order("4711"))
    await page.get_by_role("button", name="10", exact=True).click()
    await expect(page.get_by_role("heading", name="Thank you! We are glad")).to_be_focused()
    assert await answers(database) == [("4711", 10, None, None, None)]
    await page.get_by_role("button", name="9", exact=True).click()
    await expect(page.get_by_role("button", name="9", exact=True)).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("checkbox", name="The staff").check()
    await page.get_by_role("textbox", name="What did you like most?").fill("Тепло & <уютно>")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("status")).to_have_text("Thank you, we have saved it.")
    assert await answers(database) == [("4711", 9, "Тепло & <уютно>", ["people"], None)]
    await page.reload(wait_until="networkidle")
    await expect(page.get_by_role("region")).to_have_count(0)
    assert complaints == []
    await context.close()


async def test_of_two_quick_clicks_the_last_one_stands(context: BrowserContext, shop: Shop, database: Database) -> None:
    page, held = await context.new_page(), list[str]()

    async def slowly(route: Route) -> None:
        held.append(route.request.post_data or "")
        await asyncio.sleep(1.0 if len(held) == 1 else 0.0)
        await route.continue_()

    await page.route("**/survey/answer", slowly)
    await open_question(page, shop.order("4711"))
    await page.get_by_role("button", name="1", exact=True).click()
    await page.get_by_role("button", name="9", exact=True).click()
    await expect(page.get_by_role("heading", name="Thank you! We are glad")).to_be_visible()
    assert len(held) == 2
    assert [row[1] for row in await answers(database)] == [9]


async def test_what_is_ticked_while_a_changed_score_is_under_way_stays_ticked(
    context: BrowserContext, shop: Shop, database: Database
) -> None:
    page = await context.new_page()
    await open_question(page, shop.order("4711"))
    await page.get_by_role("button", name="10", exact=True).click()
    await expect(page.get_by_role("heading", name="Thank you! We are glad")).to_be_focused()

    async def slowly(route: Route) -> None:
        await asyncio.sleep(1.0)
        await route.continue_()

    await page.route("**/survey/answer", slowly, times=1)
    async with page.expect_response("**/survey/answer"):
        await page.get_by_role("button", name="9", exact=True).click()
        await page.get_by_role("checkbox", name="The staff").check()
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("status")).to_have_text("Thank you, we have saved it.")
    assert [row[3] for row in await answers(database)] == [["people"]]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_the_shops_css_does_not_reach_it_and_it_fits(browser: Browser, shop: Shop, size: dict[str, int]) -> None:
    page = await browser.new_page(viewport=size)  # type: ignore[arg-type]
    await open_question(page, shop.order("4711"))
    heading = page.get_by_role("heading", name=QUESTION)
    assert await heading.evaluate("e => getComputedStyle(e).fontSize") == "18px"
    box = await page.get_by_role("region").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert box["y"] + box["height"] <= size["height"]
    for number in range(11):
        button = await page.get_by_role("button", name=str(number), exact=True).bounding_box()
        assert button is not None
        assert min(button["width"], button["height"]) >= 24  # WCAG 2.2, AA (2.5.8)
    await page.close()


async def test_the_keyboard_alone_answers_and_closes(context: BrowserContext, shop: Shop, database: Database) -> None:
    page = await context.new_page()
    await open_question(page, shop.order("4711"))
    await page.keyboard.press("Tab")  # the button that closes
    for _ in range(8):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Thank you for your answer!")).to_be_focused()
    assert [row[:2] for row in await answers(database)] == [("4711", 7)]
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("region")).to_have_count(0)


async def test_what_was_closed_is_not_shown_again_nor_another_order_soon(context: BrowserContext, shop: Shop) -> None:
    page = await context.new_page()
    await open_question(page, shop.order("4711"))
    await page.get_by_role("button", name="Close").click()
    for address in (shop.order("4711"), shop.order("4712")):
        await page.goto(address, wait_until="networkidle")
        await expect(page.get_by_role("region")).to_have_count(0)
    await open_question(page, shop.order("4713", every="0"))
    await page.get_by_role("button", name="Don't show this again").click()
    await page.goto(shop.order("4714", every="0"), wait_until="networkidle")
    await expect(page.get_by_role("region")).to_have_count(0)


async def test_a_page_speaks_its_own_language_or_the_scripts(context: BrowserContext, shop: Shop) -> None:
    page = await context.new_page()
    await page.goto(shop.order("4711", page="ru"))
    await expect(page.get_by_role("heading", name="Готовы ли вы рекомендовать")).to_be_visible()
    await page.goto(shop.order("4711", page="ru", lang="en", target="main"))
    inside = page.locator("main").get_by_role("region", name=QUESTION)
    await expect(inside).to_be_visible()


@pytest.mark.parametrize("signature", ["", "0" * 64])
async def test_an_order_that_is_not_signed_shows_nothing(context: BrowserContext, shop: Shop, signature: str) -> None:
    page = await context.new_page()
    await page.goto(shop.order("4711", signature=signature), wait_until="networkidle")
    await expect(page.get_by_role("region")).to_have_count(0)
    await expect(page.get_by_role("heading", name="Thank you for your order")).to_have_count(1)


async def test_a_site_that_is_not_named_shows_nothing(context: BrowserContext, shop: Shop, database: Database) -> None:
    page = await context.new_page()
    await page.goto(shop.order("4711").replace("127.0.0.1", "localhost"), wait_until="networkidle")
    await expect(page.get_by_role("region")).to_have_count(0)
    assert await answers(database) == []


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone, dark", "desktop"])
async def test_axe_finds_nothing_serious(
    browser: Browser, database: Database, size: dict[str, int], scheme: str
) -> None:
    async with run_shop(database, COMPANY, POLICY, css="body { background: Canvas; color: CanvasText; }") as shop:
        context = await browser.new_context(bypass_csp=True, viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
        page = await context.new_page()
        await open_question(page, shop.order("4711"))
        wrong = {"question": await found_on(page)}
        await page.get_by_role("button", name="10", exact=True).click()
        await expect(page.get_by_role("textbox")).to_be_visible()
        wrong["thanks"] = await found_on(page)
        await page.goto(shop.molva + await counter_path(database))
        wrong["counter"] = await found_on(page)
        await page.get_by_role("radio", name="3").check()
        await page.get_by_role("button").click()
        await page.get_by_role("status").wait_for()
        wrong["counter's thanks"] = await found_on(page)
        assert {where: found for where, found in wrong.items() if found} == {}
        await context.close()


async def test_the_counters_page_works_without_scripts(browser: Browser, shop: Shop, database: Database) -> None:
    context = await browser.new_context(java_script_enabled=False, viewport=PHONE, locale="en")  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(shop.molva + await counter_path(database))
    await page.get_by_role("radio", name="9").check()
    await asyncio.sleep(0.5)
    await page.get_by_role("button").click()
    await page.get_by_role("status").wait_for()
    await page.get_by_role("textbox").fill("Nice")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("link", name="New answer").click()
    await expect(page.get_by_role("heading", name=QUESTION)).to_be_visible()
    assert await answers(database) == [(None, 9, "Nice", None, None)]
    await context.close()
