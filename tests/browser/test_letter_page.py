"""The letter in a browser engine: eleven numbers on one line of a 320 px phone, readable in light and dark."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from bot.config import Settings
from bot.letters.settings import LetterSettings, contrast
from bot.letters.trying import Reader, compose_trial, shown_as
from scheduler.company import Company
from tests.flow.world import NOW

pytestmark = pytest.mark.system

LOGO = Path(__file__).parents[1] / "data" / "logo.png"
STYLES = {"ours": LetterSettings(), "own": LetterSettings(logo=str(LOGO), button="#203a5f", button_text="#ffffff")}
BOXES = "() => [...document.querySelectorAll('td.score')].map(e => e.getBoundingClientRect().toJSON())"
# Of each piece of text: its colour and the first painted background behind it.
COLOURS = """() => [...document.querySelectorAll('td, a')].filter(e => [...e.childNodes].some(n => n.nodeType == 3 &&
n.textContent.trim())).map(e => { let b = e; while (b && getComputedStyle(b).backgroundColor == 'rgba(0, 0, 0, 0)')
b = b.parentElement; return [getComputedStyle(e).color, getComputedStyle(b).backgroundColor] })"""


def hexadecimal(colour: str) -> str:
    """#rrggbb of what a browser writes as rgb(r, g, b)."""
    return "#" + "".join(f"{int(part):02x}" for part in colour.removeprefix("rgb(").removesuffix(")").split(","))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("language", ["ru", "en"])
async def test_a_letter_fits_a_phone_and_can_be_read(browser: Browser, language: str, style: str, scheme: str) -> None:
    settings = Settings(company=Company(name="Лавка", address="Москва, ул. Ленина, 1"), letters=STYLES[style])
    letter = compose_trial(settings, Reader(name="Анна", language=language), NOW)
    html = shown_as(letter, ".html", settings.letters.logo).decode()
    page = await browser.new_page(viewport={"width": 320, "height": 640}, color_scheme=scheme)  # type: ignore[arg-type]
    await page.set_content(html)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    boxes = await page.evaluate(BOXES)
    assert len(boxes) == 11
    assert {(box["y"], box["height"]) for box in boxes} == {(boxes[0]["y"], 44)}
    pairs = {(hexadecimal(text), hexadecimal(behind)) for text, behind in await page.evaluate(COLOURS)}
    assert len(pairs) >= 3
    assert {pair: contrast(*pair) for pair in pairs if contrast(*pair) < 4.5} == {}
    assert await page.locator("html").get_attribute("lang") == language
    await page.close()
