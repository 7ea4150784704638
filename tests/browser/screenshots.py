"""`python -m tests.browser.screenshots`: the letter and the pages as pictures, into docs/screenshots."""

import asyncio
import io
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Page, async_playwright

from bot.channels.settings import EmailSettings
from bot.config import Settings
from bot.letters.trying import Reader, compose_trial, shown_as
from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from scheduler.asking.policy import Policy
from scheduler.company import Company
from storage.database import Database
from tests.browser.conftest import QUIET
from tests.browser.shop import PLAIN, counter_path, run_shop
from tests.flow.world import ask_customer

OUT = Path(__file__).parents[2] / "docs" / "screenshots"
SIZES: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 360, "height": 640}, "device_scale_factor": 1},
    "desktop": {"viewport": {"width": 1024, "height": 640}},
}
COMPANIES = {
    "ru": Company(name="Лавка «Колос»", address="Москва, Пятницкая ул., 7"),
    "en": Company(name="Ears & Grain", language="en", address="7 Mill Lane, Cambridge"),
}
POLICY = Policy(
    reasons={
        "promoter": (
            {"key": "people", "ru": "Внимательные продавцы", "en": "Friendly staff"},
            {"key": "choice", "ru": "Большой выбор", "en": "Wide choice"},
        )
    }
)
NAMES = {"ru": "Анна", "en": "Anna"}


async def main() -> None:
    """Takes them all, anew."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "no Chromium on this machine: apt-get install chromium"
    OUT.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=list(QUIET))
        for language in COMPANIES:
            for name, size in SIZES.items():
                for scheme in ("light", "dark") if language == "ru" else ("light",):
                    context = await chromium.new_context(color_scheme=scheme, **size)
                    ending = f"{language}-{name}{'-dark' if scheme == 'dark' else ''}.png"
                    await picture_letter(await context.new_page(), language, ending)
                    await picture_pages(await context.new_page(), language, ending)
                    await picture_site(await context.new_page(), language, ending)
                    await context.close()
        await chromium.close()


async def picture_letter(page: Page, language: str, ending: str) -> None:
    """The letter as a browser shows it."""
    settings = Settings(
        company=COMPANIES[language], email=EmailSettings(host="localhost", sender="shop@example.com"), survey=POLICY
    )
    letter = compose_trial(settings, Reader(name=NAMES[language], language=language), datetime.now(UTC))
    await page.set_content(shown_as(letter, ".html", "").decode())
    await save(page, f"letter-{ending}")


async def picture_pages(page: Page, language: str, ending: str) -> None:
    """The landing page, the thanks, and unsubscribing."""
    async with served(language) as (url, token):
        await page.goto(f"{url}/r/{token}?score=9")
        await save(page, f"landing-{ending}")
        await asyncio.sleep(0.5)  # no person is faster
        await page.get_by_role("button").click()
        await page.get_by_role("status").wait_for()
        await save(page, f"thanks-{ending}")
        await page.goto(f"{url}/u/{token}")
        await save(page, f"unsubscribe-{ending}")


async def picture_site(page: Page, language: str, ending: str) -> None:
    """The question in a page of the shop, its thanks, and the page of a public link."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/molva.db")
        await database.upgrade()
        async with run_shop(database, COMPANIES[language], POLICY, PLAIN) as shop:
            await page.goto(shop.order("4711", page=language))
            await page.get_by_role("button", name="10", exact=True).wait_for()
            await save(page, f"site-{ending}")
            await asyncio.sleep(0.5)
            await page.get_by_role("button", name="10", exact=True).click()
            await page.get_by_role("textbox").wait_for()
            await save(page, f"site-thanks-{ending}")
            await page.set_extra_http_headers({"Accept-Language": language})
            await page.goto(shop.molva + await counter_path(database))
            await save(page, f"counter-{ending}")
        await database.close()


@asynccontextmanager
async def served(language: str) -> AsyncIterator[tuple[str, str]]:
    """(the address of the pages, the token of a question)"""

    async def health() -> dict[str, str]:
        return {}

    def now() -> datetime:
        return datetime.now(UTC)

    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/molva.db")
        await database.upgrade()
        async with database.begin() as connection:
            asked = await ask_customer(connection, channel="email", language=language, queued_at=now())
        app = build_web(database, web=WebSettings(), company=COMPANIES[language], survey=POLICY, now=now, health=health)
        async with HttpServer(app) as server:
            yield server.url, asked.token
        await database.close()


async def save(page: Page, name: str) -> None:
    """The whole page, in as many colours as it needs."""
    taken = Image.open(io.BytesIO(await page.screenshot(full_page=True)))
    taken.convert("RGB").quantize(64).save(OUT / name, optimize=True)


if __name__ == "__main__":
    asyncio.run(main())
