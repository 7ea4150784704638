"""Text on a picture: one font that has Cyrillic, and nothing that it can't draw."""

from functools import cache
from typing import Any

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.text import Text

FAMILY = "DejaVu Sans"  # comes with matplotlib: no machine lacks it


@cache
def _drawable() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family=FAMILY))).get_charmap())


def drawable(text: str) -> str:
    """The text without letters that the font lacks: a box or a warning in their place helps nobody."""
    return "".join(letter for letter in text if ord(letter) in _drawable())


def write(axes: Axes, x: float, y: float, text: str, **style: Any) -> Text:
    """Puts text on axes as it stands: a dollar sign is no formula."""
    return axes.text(x, y, drawable(text), family=FAMILY, parse_math=False, **style)


def write_fitting(axes: Axes, x: float, y: float, text: str, *, width: float, size: float, **style: Any) -> Text:
    """The same, in a type small enough for `width` (a fraction of the axes' width)."""
    written = write(axes, x, y, text, size=size, **style)
    taken = width_of(axes, written)
    if taken > width:
        written.set_fontsize(size * width / taken)
    return written


def width_of(axes: Axes, written: Text) -> float:
    """How wide a text came out, as a fraction of the axes' width."""
    return written.get_window_extent().width / axes.get_window_extent().width
