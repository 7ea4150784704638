"""What axe-core finds on the pages: nothing serious, in light and dark, on a phone and a desktop."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from storage.database import Database
from tests.browser.test_landing_page import DESKTOP, PHONE
from tests.flow.world import ask_customer

pytestmark = pytest.mark.system

GRAVE = ("serious", "critical")


async def found_on(page: Page) -> list[str]:
    """What is wrong, with where."""
    violations: list[dict[str, Any]] = (await Axe().run(page)).response["violations"]
    return [
        f"{one['id']}: {node['html']} {node.get('failureSummary')}"
        for one in violations
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(
    ("language", "options"),
    [("ru", {"viewport": PHONE, "color_scheme": "dark"}), ("en", {"viewport": DESKTOP, "color_scheme": "light"})],
    ids=["phone, dark", "desktop, light"],
)
async def test_axe_finds_nothing_serious(
    browser: Browser, pages: str, database: Database, language: str, options: dict[str, Any]
) -> None:
    async with database.begin() as connection:
        token = (await ask_customer(connection, channel="email", language=language)).token
    # axe is injected as a script, which the pages' own policy would not let run.
    context = await browser.new_context(bypass_csp=True, locale=language, **options)
    page = await context.new_page()
    wrong = {}
    for address in (f"/r/{token}?score=9", f"/r/{token}", f"/u/{token}", "/r/forged"):
        await page.goto(pages + address)
        wrong[address] = await found_on(page)
    await page.goto(f"{pages}/r/{token}?score=3")
    await page.get_by_role("button").click()
    await page.get_by_role("status").wait_for()
    wrong["thanks"] = await found_on(page)
    await page.goto(f"{pages}/u/{token}")
    for button in (0, 1):
        await page.get_by_role("button").nth(button).click()
        await page.wait_for_load_state()
        wrong[f"after button {button}"] = await found_on(page)
    assert {where: found for where, found in wrong.items() if found} == {}
    await context.close()
