"""Deep links and their QR codes: as rows, as pictures, as sheets to cut up."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import segno
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

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


def deep_link(username: str, token: str) -> str:
    """The address that opens the bot's chat and sends /start TOKEN."""
    return f"https://t.me/{quote(username)}?start={quote(token)}"


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
        axes.set_axis_off()
        matrix = [[not dark for dark in row] for row in _code(link.url).matrix_iter(border=4)]
        axes.imshow(matrix, cmap="gray", interpolation="none")
        name = f"\n{_shorten(link.customer_name)}" if link.customer_name else ""
        # Names are a customer's own: a dollar sign in one must not begin a formula.
        axes.set_title(f"{_shorten(link.customer)}{name}", y=-0.16, fontsize=9, parse_math=False)
    sheets.savefig(figure)  # type: ignore[no-untyped-call]


def _code(url: str) -> segno.QRCode:
    return segno.make(url, error=ERROR_LEVEL, micro=False)


def _shorten(text: str, limit: int = 32) -> str:
    clean = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
