"""Links on paper: sheets of QR codes to cut up, posters to put up."""

import io
import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from bot.codes import make_code
from bot.links import DeepLink, PublicLink

COLUMNS, ROWS = 3, 4  # of codes on a sheet
A4 = (8.27, 11.69)  # inches


def draw_sheet(sheets: PdfPages, links: Sequence[DeepLink]) -> None:
    """One A4 page of at most COLUMNS × ROWS codes, each with the customer's number and name under it."""
    figure = Figure(figsize=A4)
    for place, link in enumerate(links):
        axes = figure.add_subplot(ROWS, COLUMNS, place + 1)
        _draw_code(axes, link.url)
        name = f"\n{_shorten(link.customer_name)}" if link.customer_name else ""
        # Names are a customer's own: a dollar sign in one must not begin a formula.
        axes.set_title(f"{_shorten(link.customer)}{name}", y=-0.16, fontsize=9, parse_math=False)
    sheets.savefig(figure)  # type: ignore[no-untyped-call]


def draw_poster(links: Sequence[PublicLink], company: str, question: str, hint: str) -> bytes:
    """An A4 page for each link: the shop, its question, the code, what to do with it."""
    written = io.BytesIO()
    with PdfPages(written) as pages:
        for link in links:
            figure = Figure(figsize=A4)
            _write_line(figure, 0.9, f"{company}, {link.store}" if link.store else company, size=18, width=44)
            _write_line(figure, 0.78, question, size=30, width=26)
            axes = figure.add_axes((0.2, 0.25, 0.6, 0.42))
            _draw_code(axes, link.url)
            _write_line(figure, 0.2, hint, size=18, width=44)
            _write_line(figure, 0.1, link.url, size=10, width=90)
            pages.savefig(figure)
    return written.getvalue()


def _write_line(figure: Figure, height: float, text: str, *, size: int, width: int) -> None:
    shown = "\n".join(textwrap.wrap(text, width))
    figure.text(0.5, height, shown, fontsize=size, ha="center", va="center", parse_math=False)


def _draw_code(axes: Axes, url: str) -> None:
    axes.set_axis_off()
    matrix = [[not dark for dark in row] for row in make_code(url).matrix_iter(border=4)]
    axes.imshow(matrix, cmap="gray", interpolation="none")


def _shorten(text: str, limit: int = 32) -> str:
    clean = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
