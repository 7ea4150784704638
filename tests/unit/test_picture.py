"""The picture: drawn for every kind of week, in every language, without a warning."""

import io

import matplotlib.image
import numpy as np
import pytest

from bot.reports.fonts import drawable
from bot.reports.picture import COLOURS, HEIGHT, WIDTH, draw_digest
from nps.score import Counts
from scheduler.company import Company
from scheduler.figures.digest import Digest
from tests.unit.digests import NOTHING, digest_of, empty_digest

WEEKS = {
    "many": digest_of(),
    "one answer": digest_of(Counts(0, 0, 1), NOTHING, [NOTHING] * 10, sent=3),
    "none": empty_digest(),
    "below zero": digest_of(Counts(1, 2, 99_999), Counts(99_999, 0, 0)),
}


def pixels(digest: Digest, company: Company) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """Rows of columns of (red, green, blue)."""
    drawn = matplotlib.image.imread(io.BytesIO(draw_digest(digest, company)), format="png")
    return (drawn[:, :, :3] * 255).round().astype(np.uint8)


def share(picture: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]", colour: str) -> float:
    """How much of the row through the middle of the bar of categories has the colour."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    row = picture[int(HEIGHT * 0.408), int(WIDTH * 0.06) : int(WIDTH * 0.94)]
    return float((row == (red, green, blue)).all(axis=1).mean())


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("kind", WEEKS)
def test_every_kind_of_week_has_a_picture(kind: str, language: str) -> None:
    company = Company(name="Лавка «Чай $и$ кофе» 茶 👩‍🚀 _{x}", language=language)
    picture = pixels(WEEKS[kind], company)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    margins = (picture[:10], picture[-10:], picture[:, :10], picture[:, -10:])
    assert all((margin == 255).all() for margin in margins), "something is cut off at an edge"


def test_the_bar_shows_the_shares_of_the_categories() -> None:
    picture = pixels(digest_of(Counts(50, 25, 25)), Company())
    assert share(picture, COLOURS["promoters"]) == pytest.approx(0.5, abs=0.05)
    assert share(picture, COLOURS["passives"]) == pytest.approx(0.25, abs=0.05)
    assert share(picture, COLOURS["detractors"]) == pytest.approx(0.25, abs=0.05)


def test_letters_that_the_font_lacks_are_left_out() -> None:
    assert drawable("Чай 茶 и кофе") == "Чай  и кофе"
