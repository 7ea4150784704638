"""Twelve weeks of scores as a line with its band of certainty; a gap where nobody answered."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bot.reports import numbers
from bot.reports.fonts import FAMILY, write, write_fitting
from bot.texts import translator
from scheduler.figures.digest import Digest, Standing

LINE, BAND, GRID = "#0072B2", "#0072B233", "#e3e6e8"
INK, QUIET, PAPER = "#1a1a1a", "#5f6368", "#ffffff"


def draw_trend(figure: Figure, box: tuple[float, float, float, float], digest: Digest, language: str) -> None:
    """Draws into a box of the figure: left, bottom, width, height as fractions of it."""
    axes = figure.add_axes(box)
    _ = translator(language)
    weeks = list(enumerate(digest.trend))
    low, high = _range(digest.trend)
    _draw_frame(axes, digest.trend, language, (low, high))
    write(axes, -0.066, 1.06, _("NPS by week, 95% band"), size=23, weight="bold", color=INK, transform=axes.transAxes)
    for has_answers, run in groupby(weeks, key=lambda week: week[1].counts.n > 0):
        if has_answers:
            _draw_run(axes, list(run))


def _draw_run(axes: Axes, run: list[tuple[int, Standing]]) -> None:
    """Weeks that adjoin and all have answers; a week of one answer is hollow, because it says next to nothing."""
    places, scores = [place for place, _ in run], [standing.counts.nps or 0.0 for _, standing in run]
    axes.plot(places, scores, "-", color=LINE, linewidth=4, zorder=3)
    for place, standing in run:
        fill = LINE if standing.interval else PAPER
        axes.plot(place, standing.counts.nps or 0.0, "o", color=LINE, markersize=11, mfc=fill, mew=3, zorder=4)
        if standing.interval:
            axes.plot((place, place), standing.interval, color=BAND, linewidth=18, solid_capstyle="butt", zorder=2)


def _draw_frame(axes: Axes, trend: Sequence[Standing], language: str, bounds: tuple[float, float]) -> None:
    axes.set_xlim(-0.5, len(trend) - 0.5)
    axes.set_ylim(*bounds)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.grid(axis="y", color=GRID, linewidth=1.5)
    axes.axhline(0, color=QUIET, linewidth=2, zorder=1)
    axes.tick_params(length=0, labelsize=20, labelcolor=QUIET, labelfontfamily=FAMILY, pad=8)
    axes.yaxis.set_major_formatter(lambda value, _position: numbers.whole(language, value))
    axes.locator_params(axis="y", nbins=5)
    axes.set_xticks([])
    _draw_foot(axes, trend, language)


def _draw_foot(axes: Axes, trend: Sequence[Standing], language: str) -> None:
    """How many answers each week had; under it the Mondays of the first, a middle and the last one."""
    style: dict[str, Any] = {"size": 20, "color": QUIET, "va": "center", "transform": axes.get_xaxis_transform()}
    write(axes, -0.62, -0.09, "n =", ha="right", **style)
    for place, standing in enumerate(trend):
        write_fitting(axes, place, -0.09, str(standing.counts.n), width=0.9 / len(trend), ha="center", **style)
    for place in (0, len(trend) // 2, len(trend) - 1):
        write(axes, place, -0.21, numbers.day(language, trend[place].last.first), ha="center", **style)


def _range(trend: Sequence[Standing]) -> tuple[float, float]:
    """What is to be seen, zero always: scores and intervals of all weeks, a little air around."""
    seen = [0.0, 50.0]
    for standing in trend:
        seen += [standing.counts.nps or 0.0, *(standing.interval or ())]
    return max(-105.0, min(seen) - 6), min(105.0, max(seen) + 6)
