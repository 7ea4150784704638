"""The digest as a picture that can be read on a phone: the score, its parts, its trend."""

import io

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bot.reports import numbers, sentences
from bot.reports.fonts import width_of, write, write_fitting
from bot.reports.trend_chart import draw_trend
from nps.interval import BelowZero
from nps.score import Counts
from scheduler.company import Company
from scheduler.figures.digest import Digest

WIDTH, HEIGHT, DOTS = 1080, 1350, 100  # pixels, pixels, pixels per inch
INK, QUIET, PAPER = "#1a1a1a", "#5f6368", "#ffffff"
# Okabe and Ito's blue and vermilion, told apart by every kind of colour vision; and told apart by place and name too.
COLOURS = {"promoters": "#0072B2", "passives": "#c8ccd0", "detractors": "#D55E00"}
INK_ON = {"promoters": "#ffffff", "passives": INK, "detractors": "#ffffff"}


def draw_digest(digest: Digest, company: Company) -> bytes:
    """A PNG of 1080 × 1350 pixels. Takes a second of processor time: call it in a worker thread."""
    figure = Figure(figsize=(WIDTH / DOTS, HEIGHT / DOTS), dpi=DOTS, facecolor=PAPER)
    FigureCanvasAgg(figure)
    language = company.language
    _draw_title(_panel(figure, 0.895, 0.085), digest, company)
    _draw_score(_panel(figure, 0.63, 0.265), digest, language)
    _draw_categories(_panel(figure, 0.455, 0.15), digest.now.counts, language)
    draw_trend(figure, (0.115, 0.085, 0.83, 0.28), digest, language)
    written = io.BytesIO()
    figure.savefig(written, format="png")
    return written.getvalue()


def _panel(figure: Figure, bottom: float, height: float) -> Axes:
    axes = figure.add_axes((0.06, bottom, 0.88, height))
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    return axes


def _draw_title(axes: Axes, digest: Digest, company: Company) -> None:
    name = sentences.one_line(company.name, sentences.LONGEST_NAME)
    write_fitting(axes, 0, 0.95, name, width=1, size=30, weight="bold", color=INK, va="top")
    days = numbers.days(company.language, digest.week.first, digest.week.last)
    write(axes, 0, 0.36, f"{days} · {digest.week}", size=23, color=QUIET, va="top")


def _draw_score(axes: Axes, digest: Digest, language: str) -> None:
    counts = digest.now.counts
    asked = sentences.asking(language, digest.now)[0]
    write_fitting(axes, 0, 0.05, asked, width=1, size=25, color=QUIET, va="center")
    if counts.nps is None:
        write(axes, 0, 0.7, "NPS —", size=80, weight="bold", color=INK, va="center")
        write_fitting(axes, 0, 0.22, sentences.headline(language, counts), width=1, size=27, color=INK, va="center")
        return
    nps = numbers.whole(language, counts.nps)
    room = 0.97 - width_of(axes, write(axes, 0, 0.64, nps, size=130, weight="bold", color=_ink(digest), va="center"))
    bounds = sentences.brackets(language, counts).strip("()") or sentences.too_few(language)
    for y, text, colour in (
        (0.85, "NPS", QUIET),
        (0.64, bounds, INK),
        (0.43, sentences.answers(language, counts.n), INK),
    ):
        weight = "bold" if colour == QUIET else "normal"
        write_fitting(axes, 1, y, text, width=room, size=34, weight=weight, color=colour, va="center", ha="right")
    change = sentences.short_change(language, digest)
    write_fitting(axes, 0, 0.22, change, width=1, size=27, color=INK, va="center")


def _ink(digest: Digest) -> str:
    is_below = digest.now.below_zero in (BelowZero.CERTAINLY, BelowZero.PROBABLY)
    return COLOURS["detractors"] if is_below else INK


def _draw_categories(axes: Axes, counts: Counts, language: str) -> None:
    """A bar of three parts, and under it each part's name and number in the part's own third."""
    parts = list(zip(COLOURS, sentences.categories(language, counts), strict=True))
    left = 0.0
    for category, (_name, number, _share) in parts:
        width = number / counts.n if counts.n else 0
        axes.barh(0.78, width, left=left, height=0.4, color=COLOURS[category], edgecolor=PAPER, linewidth=3)
        if width > 0.09:
            write(
                axes, left + width / 2, 0.77, str(number), size=30, weight="bold", color=INK_ON[category],
                ha="center", va="center",
            )  # fmt: skip
        left += width
    if not counts.n:
        axes.barh(0.78, 1, height=0.4, color="#eceef0")
    for place, (category, (name, number, share)) in enumerate(parts):
        _draw_legend(axes, place, COLOURS[category], name, f"{number} · {share}" if counts.n else "0")


def _draw_legend(axes: Axes, place: int, colour: str, name: str, number: str) -> None:
    x = place * 0.36
    axes.barh(0.31, 0.022, left=x, height=0.15, color=colour)
    write(axes, x + 0.035, 0.31, name, size=23, color=INK, va="center")
    write(axes, x + 0.035, 0.06, number, size=23, color=QUIET, va="center")
