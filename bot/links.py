"""Links and their QR codes: as rows, as pictures, as sheets to cut up or put up."""

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote
from zoneinfo import ZoneInfo

import segno
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from bot.reports.spreadsheet import csv_sheet

COLUMNS, ROWS = 3, 4  # of codes on a sheet
A4 = (8.27, 11.69)  # inches
ERROR_LEVEL = "m"  # a code on a crumpled receipt loses some of itself
PNG_SCALE = 8  # pixels a module


@dataclass(frozen=True, kw_only=True)
class DeepLink:
    """A link as it is handed out."""

    customer: str  # the shop's number
    customer_name: str | None
    url: str
    is_joined: bool  # the customer is in the chat already


@dataclass(frozen=True, kw_only=True)
class PublicLink:
    """A link that anybody may open."""

    store: str  # empty: the shop as a whole
    url: str


def deep_link(username: str, token: str) -> str:
    """The address that opens the bot's chat and sends /start TOKEN."""
    return f"https://t.me/{quote(username)}?start={quote(token)}"


def share_link(url: str, text: str) -> str:
    """The address by which Telegram offers to send a link on, with some words."""
    return f"https://t.me/share/url?url={quote(url, safe='')}&text={quote(text, safe='')}"


def draw_png(url: str) -> bytes:
    """The link's QR code as a picture."""
    written = io.BytesIO()
    _code(url).save(written, kind="png", scale=PNG_SCALE)
    return written.getvalue()


def draw_for_terminal(url: str) -> str:
    """The link's QR code in half blocks."""
    written = io.StringIO()
    _code(url).terminal(written, compact=True)
    return written.getvalue()


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


def write_rows(links: Sequence[PublicLink]) -> bytes:
    """CSV: store, link."""
    written = io.BytesIO()
    with csv_sheet(written, ("store", "link"), ZoneInfo("UTC")) as sheet:
        for link in links:
            sheet.add({"store": link.store, "link": link.url})
    return written.getvalue()


def _write_line(figure: Figure, height: float, text: str, *, size: int, width: int) -> None:
    shown = "\n".join(textwrap.wrap(text, width))
    figure.text(0.5, height, shown, fontsize=size, ha="center", va="center", parse_math=False)


def _draw_code(axes: Axes, url: str) -> None:
    axes.set_axis_off()
    matrix = [[not dark for dark in row] for row in _code(url).matrix_iter(border=4)]
    axes.imshow(matrix, cmap="gray", interpolation="none")


def _code(url: str) -> segno.QRCode:
    return segno.make(url, error=ERROR_LEVEL, micro=False)


def _shorten(text: str, limit: int = 32) -> str:
    clean = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
