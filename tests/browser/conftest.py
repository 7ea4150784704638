"""A real browser: Debian's Chromium, driven by Playwright, against the pages served over HTTP."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from bot.web.application import build_web
from bot.web.serving import HttpServer
from bot.web.settings import WebSettings
from storage.database import Database
from tests.flow.world import COMPANY, NOW, POLICY

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium; a machine without it fails here: `make test-all` needs Debian's package."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "no Chromium on this machine: apt-get install chromium"
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield opened
        await opened.close()


@pytest.fixture
async def pages(database: Database) -> AsyncIterator[str]:
    """The address under which the pages are served."""

    async def health() -> dict[str, str]:
        return {}

    app = build_web(database, web=WebSettings(), company=COMPANY, survey=POLICY, now=lambda: NOW, health=health)
    async with HttpServer(app) as server:
        yield server.url
